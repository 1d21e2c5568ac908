/**
 * Any object with all that hangs on it, in one walk.
 *
 * Depth first; what lies too deep is deferred and walked afterwards. Each object is written once and numbered. What can't be
 * sent is refused with the path that leads to it.
 */
import { isDate, isMap, isSet } from 'node:util/types';
import { detached, notSendable } from '../../errors.ts';
import type { View } from '../memory.ts';
import { isNdArray } from '../ndarray.ts';
import { type Raw, rawNdArray, rawOf } from '../raw.ts';
import { refusalOf } from '../refusals.ts';
import { errorKeys, isError } from './errors.ts';
import { Output } from './output.ts';
import { pathTo } from './path.ts';
import {
  LARGE_BYTES,
  MAX_DEPTH,
  MAX_LARGE_PIECES,
  MAX_SHAPE_KEYS,
  MAX_SHAPES,
  MIN_NUMBERS,
  NEW_SHAPE,
  Tag,
} from './tags.ts';

/** An object as bytes. */
export interface Written {
  readonly table: Uint8Array;
  /** The user's own memory. */
  readonly large: readonly View[];
}

/** Up to here objects are compared one by one with those seen before; a Map is faster only beyond. */
const FEW = 12;

const NO_VIEWS: readonly View[] = [];
const NO_NAMES: readonly string[] = [];

/** Those that nobody uses: getters of the object that is written may send objects too. They keep nothing but memory. */
const idle: Writer[] = [];

/** @param name how messages call the object. Throws ERR_TYPE, ERR_BUFFER. HOT (bench: objects) */
export function writeObject(object: object, op: string, name: string): Written {
  const writer = idle.pop() ?? new Writer();
  try {
    return writer.run(object, op, name);
  } finally {
    writer.reset();
    if (idle.length === 0) idle.push(writer);
  }
}

class Writer extends Output {
  #name = '';
  #root: object = NO_VIEWS;
  /** The objects so far, by number; with their numbers once they are many. */
  readonly #few = new Array<object>(FEW).fill(NO_VIEWS);
  #count = 0;
  #many: Map<object, number> | null = null;
  readonly #shapes = new Array<readonly string[]>(MAX_SHAPES).fill(NO_NAMES);
  #shapeCount = 0;
  /** The shape used last: its successor is likely to be next. */
  #shape = 0;
  /** Tags and containers by turns. */
  readonly #deferred: (number | object)[] = [];
  #large: View[] | null = null;

  run(root: object, op: string, name: string): Written {
    this.op = op;
    this.#name = name;
    this.#root = root;
    this.#object(root, 0);
    const deferred = this.#deferred;
    for (let i = 0; i < deferred.length; i += 2) this.#content(deferred[i] as number, deferred[i + 1] as object, 0);
    return { table: this.take(), large: this.#large ?? NO_VIEWS };
  }

  /** Holds on to nothing of the user's. */
  reset(): void {
    this.drop();
    this.#root = NO_VIEWS;
    // Slots are emptied one by one: an array that is cut to nothing gives its memory back.
    while (this.#count > 0) this.#few[--this.#count] = NO_VIEWS;
    while (this.#shapeCount > 0) this.#shapes[--this.#shapeCount] = NO_NAMES;
    this.#shape = 0;
    if (this.#deferred.length > 0) this.#deferred.length = 0;
    this.#many = null;
    this.#large = null;
  }

  /** HOT (bench: objects). */
  #value(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'number':
        return this.number(value);
      case 'string':
        return this.string(value);
      case 'object':
        return value === null ? this.tag(Tag.NULL) : this.#object(value, depth);
      case 'boolean':
        return this.tag(value ? Tag.TRUE : Tag.FALSE);
      case 'undefined':
        return this.tag(Tag.UNDEFINED);
      case 'bigint':
        return this.bigint(value);
      default:
        this.#refuse(value);
    }
  }

  #refuse(value: unknown): void {
    const refusal = refusalOf(value);
    if (refusal !== undefined) throw notSendable(this.op, this.#pathTo(value), refusal.what, refusal.remedy);
  }

  #pathTo(value: unknown): string {
    return this.#name + pathTo(this.#root, value);
  }

  /** HOT (bench: objects). */
  #object(object: object, depth: number): void {
    if (this.#isKnown(object)) return;
    if (Array.isArray(object)) {
      if (isNumbers(object)) this.numbers(object);
      else this.#container(Tag.ARRAY, object, depth);
      return;
    }
    const prototype: unknown = Object.getPrototypeOf(object);
    if (prototype === Object.prototype || prototype === null) return this.#container(Tag.OBJECT, object, depth);
    const raw = rawOf(object);
    if (raw === null) throw detached(this.op, this.#pathTo(object));
    if (raw !== undefined) return this.#binary(raw);
    if (isMap(object)) return this.#container(Tag.MAP, object, depth);
    if (isSet(object)) return this.#container(Tag.SET, object, depth);
    if (isDate(object)) {
      this.tag(Tag.DATE);
      return this.float64(object.getTime());
    }
    if (isError(object)) return this.#container(Tag.ERROR, object, depth);
    if (isNdArray(object)) return this.#binary(rawNdArray(object, this.op, () => this.#pathTo(object)));
    this.#refuse(object);
    this.#container(Tag.OBJECT, object, depth);
  }

  /** Writes the number of an object that was there before; gives one to others. HOT (bench: objects). */
  #isKnown(object: object): boolean {
    const few = this.#few;
    const count = this.#count;
    let id: number | undefined;
    if (this.#many !== null) {
      id = this.#many.get(object);
      if (id === undefined) this.#many.set(object, this.#many.size);
    } else {
      for (let i = 0; i < count; i++) if (few[i] === object) id = i;
      if (id === undefined && count === FEW) {
        this.#many = new Map(few.map((one, index) => [one, index]));
        this.#many.set(object, FEW);
      } else if (id === undefined) {
        few[count] = object;
        this.#count++;
      }
    }
    if (id === undefined) return false;
    this.tag(Tag.REFERENCE);
    this.size(id);
    return true;
  }

  #container(tag: number, object: object, depth: number): void {
    const isDeep = depth >= MAX_DEPTH;
    if (isDeep) this.tag(Tag.DEFERRED);
    this.tag(tag);
    if (tag === Tag.ERROR) this.#errorHead(object as Error);
    if (isDeep) this.#deferred.push(tag, object);
    else this.#content(tag, object, depth + 1);
  }

  #content(tag: number, object: object, depth: number): void {
    switch (tag) {
      case Tag.OBJECT:
        return this.#properties(object, Object.keys(object), depth);
      case Tag.ARRAY:
        return this.#items(object as unknown[], depth);
      case Tag.MAP: {
        const map = object as Map<unknown, unknown>;
        this.size(map.size);
        for (const [key, value] of map) {
          this.#value(key, depth);
          this.#value(value, depth);
        }
        return;
      }
      case Tag.SET: {
        const set = object as Set<unknown>;
        this.size(set.size);
        for (const item of set) this.#value(item, depth);
        return;
      }
      case Tag.ERROR:
        return this.#properties(object, errorKeys(object as Error), depth);
    }
  }

  /** HOT (bench: objects). */
  #properties(object: object, keys: readonly string[], depth: number): void {
    this.#names(keys);
    for (let i = 0; i < keys.length; i++) this.#value((object as Record<string, unknown>)[keys[i]!], depth);
  }

  #names(keys: readonly string[]): void {
    const shapes = this.#shapes;
    const count = this.#shapeCount;
    let shape = this.#shape;
    for (let tried = 0; tried < count; tried++) {
      if (++shape >= count) shape = 0;
      if (isSame(shapes[shape]!, keys)) {
        this.#shape = shape;
        return this.tag(shape);
      }
    }
    this.tag(NEW_SHAPE);
    this.size(keys.length);
    for (let i = 0; i < keys.length; i++) this.string(keys[i]!);
    if (count === MAX_SHAPES || keys.length > MAX_SHAPE_KEYS) return;
    shapes[count] = keys;
    this.#shape = this.#shapeCount++;
  }

  /** HOT (bench: objects). */
  #items(array: readonly unknown[], depth: number): void {
    const { length } = array;
    this.size(length);
    for (let i = 0; i < length; i++) {
      const item = array[i];
      if (item === undefined && !(i in array)) return this.#behindHole(array, i, length, depth);
      this.#value(item, depth);
    }
  }

  /** By their indices: a length of four thousand million may hold two items. */
  #behindHole(array: readonly unknown[], start: number, length: number, depth: number): void {
    // Indices come first, in order; other properties of arrays don't travel.
    const indices = Object.keys(array).map(Number);
    const from = indices.findIndex((index) => index >= start);
    let to = Math.max(from, 0);
    while (indices[to]! < length) to++;
    this.tag(Tag.HOLES);
    this.size(from < 0 ? 0 : to - from);
    for (let i = from; i >= 0 && i < to; i++) {
      this.size(indices[i]!);
      this.#value(array[indices[i]!], depth);
    }
  }

  #errorHead(error: Error): void {
    const { name, message, stack, code } = error as Error & { code?: unknown };
    this.string(String(name));
    this.string(String(message));
    this.#value(typeof stack === 'string' ? stack : undefined, 0);
    // An MpiError is made with its code.
    this.#value(name === 'MpiError' && typeof code === 'string' ? code : undefined, 0);
  }

  #binary({ format, dtype, view, shape }: Raw): void {
    const large = (this.#large ??= []);
    const isLarge = view.byteLength >= LARGE_BYTES && large.length < MAX_LARGE_PIECES;
    this.tag(isLarge ? Tag.LARGE : Tag.BINARY);
    this.tag(format);
    this.tag(dtype);
    this.float64(view.byteLength);
    this.size(shape === undefined ? 0 : shape.length);
    for (const length of shape ?? []) this.float64(length);
    if (isLarge) large.push(view);
    else this.raw(view);
  }
}

function isNumbers(array: readonly unknown[]): array is readonly number[] {
  const { length } = array;
  if (length < MIN_NUMBERS) return false;
  for (let i = 0; i < length; i++) if (typeof array[i] !== 'number') return false;
  return true;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
