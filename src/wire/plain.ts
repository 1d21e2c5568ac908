/**
 * Which objects msgpack carries exactly as they are: trees of plain objects and dense arrays with scalars at the leaves.
 *
 * Everything else takes the way of flatten.ts: shared references and cycles, other classes, holes, -0, lone surrogates,
 * deep nesting (msgpack is read and written recursively), names that msgpackr gives a meaning to, and what can't be sent.
 */
import { LONG_OBJECTS, LONG_SCALARS } from './columns.ts';

/** Objects nested deeper than this are written as a graph, which needs no recursion. */
export const MAX_PLAIN_DEPTH = 64;

/** Up to here objects are compared one by one with those seen before; a Set is faster only beyond. */
const FEW = 12;

// Node.js 20 has the method; the library that the project is typed for does not.
interface WellFormed {
  isWellFormed(): boolean;
}

/** Without lone surrogates: UTF-8 can carry it. */
export function isWellFormed(text: string): boolean {
  return (text as unknown as WellFormed).isWellFormed();
}

/** What a walk has found. */
export const Plain = {
  /** Not plain: for flatten.ts. */
  NO: 0,
  /** Plain. */
  YES: 1,
  /** A long array, before anything that is not plain: the way of toColumns.ts may be shorter. */
  LONG: 2,
} as const;
export type Plain = (typeof Plain)[keyof typeof Plain];

/** HOT (bench: objects). */
export function plainnessOf(value: object): Plain {
  return new PlainWalk(true).object(value, 0);
}

/** Through one value, or several that are parts of one. */
export class PlainWalk {
  readonly #untilLong: boolean;
  /** The objects met. */
  #few: object[] = [];
  #many: Set<object> | null = null;

  /** @param untilLong whether it ends at the first long array. */
  constructor(untilLong: boolean) {
    this.#untilLong = untilLong;
  }

  /** False when it was met before. HOT (bench: objects). */
  add(object: object): boolean {
    if (this.#many !== null) {
      const before = this.#many.size;
      return this.#many.add(object).size > before;
    }
    for (const other of this.#few) if (other === object) return false;
    if (this.#few.push(object) > FEW) this.#many = new Set(this.#few);
    return true;
  }

  object(value: object, depth: number): Plain {
    // msgpackr decides by this property too, be it inherited or the object's own.
    const isArray = Array.isArray(value);
    if (value.constructor !== (isArray ? Array : Object) || depth > MAX_PLAIN_DEPTH || !this.add(value))
      return Plain.NO;
    if (isArray) return this.#array(value, depth);
    for (const key of Object.keys(value)) {
      if (!isPlainKey(key)) return Plain.NO;
      const found = this.value((value as Record<string, unknown>)[key], depth);
      if (found !== Plain.YES) return found;
    }
    return Plain.YES;
  }

  #array(array: readonly unknown[], depth: number): Plain {
    if (this.#untilLong && array.length >= (typeof array[0] === 'object' ? LONG_OBJECTS : LONG_SCALARS))
      return Plain.LONG;
    for (let i = 0; i < array.length; i++) {
      const item = array[i];
      const found = item === undefined && !(i in array) ? Plain.NO : this.value(item, depth);
      if (found !== Plain.YES) return found;
    }
    return Plain.YES;
  }

  /** @param depth of the object that has it. */
  value(value: unknown, depth: number): Plain {
    switch (typeof value) {
      case 'number':
        return value !== 0 || !Object.is(value, -0) ? Plain.YES : Plain.NO;
      case 'string':
        return isWellFormed(value) ? Plain.YES : Plain.NO;
      case 'object':
        return value === null ? Plain.YES : this.object(value, depth + 1);
      case 'boolean':
      case 'undefined':
        return Plain.YES;
      case 'bigint':
        return isSmallBigInt(value) ? Plain.YES : Plain.NO;
      default:
        return Plain.NO;
    }
  }
}

/** Whether msgpack and msgpackr give back a property of this name. */
export function isPlainKey(key: string): boolean {
  return key !== '__proto__' && isWellFormed(key);
}

/** Whether msgpack has an integer for it (64 bits, signed or unsigned). */
export function isSmallBigInt(value: bigint): boolean {
  return value >= -0x8000000000000000n && value <= 0xffffffffffffffffn;
}
