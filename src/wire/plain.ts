/**
 * Which objects msgpack carries exactly as they are: trees of plain objects and dense arrays with scalars at the leaves.
 *
 * Everything else takes the way of flatten.ts: shared references and cycles, other classes, holes, -0, lone surrogates,
 * deep nesting (msgpack is read and written recursively), names that msgpackr gives a meaning to, and what can't be sent.
 */

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

/** The objects met on a walk. */
class Seen {
  #few: object[] = [];
  #many: Set<object> | null = null;

  /** False when it was there before. HOT (bench: objects). */
  add(object: object): boolean {
    if (this.#many !== null) {
      const before = this.#many.size;
      return this.#many.add(object).size > before;
    }
    for (const other of this.#few) if (other === object) return false;
    if (this.#few.push(object) > FEW) this.#many = new Set(this.#few);
    return true;
  }
}

/** HOT (bench: objects). */
export function isPlain(value: object): boolean {
  return plainObject(value, new Seen(), 0);
}

function plainObject(value: object, seen: Seen, depth: number): boolean {
  // msgpackr decides by this property too, be it inherited or the object's own.
  const isArray = Array.isArray(value);
  if (value.constructor !== (isArray ? Array : Object) || depth > MAX_PLAIN_DEPTH || !seen.add(value)) return false;
  if (isArray) {
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      if (item === undefined ? !(i in value) : !plainValue(item, seen, depth)) return false;
    }
    return true;
  }
  for (const key of Object.keys(value)) {
    if (key === '__proto__' || !isWellFormed(key)) return false;
    if (!plainValue((value as Record<string, unknown>)[key], seen, depth)) return false;
  }
  return true;
}

function plainValue(value: unknown, seen: Seen, depth: number): boolean {
  switch (typeof value) {
    case 'number':
      return value !== 0 || !Object.is(value, -0);
    case 'string':
      return isWellFormed(value);
    case 'object':
      return value === null || plainObject(value, seen, depth + 1);
    case 'boolean':
    case 'undefined':
      return true;
    case 'bigint':
      return isSmallBigInt(value);
    default:
      return false;
  }
}

/** Whether msgpack has an integer for it (64 bits, signed or unsigned). */
export function isSmallBigInt(value: bigint): boolean {
  return value >= -0x8000000000000000n && value <= 0xffffffffffffffffn;
}
