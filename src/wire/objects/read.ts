/**
 * The way back from bytes to objects. Every byte is a peer's claim: all are checked.
 *
 * A container is there, and has its number, before what it holds is read, so cycles need no care.
 */
import { dtypeUnknown } from '../../errors.ts';
import { constructorOf, dtypeName } from '../dtype.ts';
import { Format, MAX_DIMENSIONS } from '../format.ts';
import { bytesOf, ownBuffer, type View } from '../memory.ts';
import { fits, isRaw, rawValue } from '../raw.ts';
import { define, makeError, setErrorProperty } from './errors.ts';
import { Input, malformed } from './input.ts';
import { MAX_DEPTH, MAX_SHAPE_KEYS, MAX_SHAPES, NEW_SHAPE, Tag } from './tags.ts';

/** Arrays with holes that are longer than this are kept as hash tables, so that a claimed length costs nothing. */
const MAX_DENSE_HOLES = 1024;

const NO_PIECES: readonly View[] = [];
const NO_NAMES: readonly string[] = [];

/** A table of more objects is not kept for the next time. */
const MAX_KEPT_OBJECTS = 64;

class Reader extends Input {
  #op = '';
  /** The table, and the large pieces behind it. */
  #pieces = NO_PIECES;
  #used = 1;
  /** The objects so far, by number. */
  #objects: object[] = [];
  #count = 0;
  readonly #shapes = new Array<readonly string[]>(MAX_SHAPES).fill(NO_NAMES);
  #shapeCount = 0;
  /** Tags and containers by turns. */
  readonly #deferred: (number | object)[] = [];

  run(pieces: readonly View[], op: string): unknown {
    this.#op = op;
    this.#pieces = pieces;
    this.open(bytesOf(pieces[0]!));
    const root = this.#value(0);
    const deferred = this.#deferred;
    for (let i = 0; i < deferred.length; i += 2) this.#fill(deferred[i] as number, deferred[i + 1] as object, 0);
    if (this.left > 0 || this.#used !== pieces.length) throw malformed('end');
    return root;
  }

  /** Holds on to nothing of the user's. */
  reset(): void {
    this.close();
    this.#pieces = NO_PIECES;
    this.#used = 1;
    // Slots are emptied one by one: an array that is cut to nothing gives its memory back.
    if (this.#count > MAX_KEPT_OBJECTS) this.#objects = [];
    else for (let i = 0; i < this.#count; i++) this.#objects[i] = NO_PIECES;
    this.#count = 0;
    while (this.#shapeCount > 0) this.#shapes[--this.#shapeCount] = NO_NAMES;
    if (this.#deferred.length > 0) this.#deferred.length = 0;
  }

  /** HOT (bench: objects). */
  #value(depth: number): unknown {
    const tag = this.byte();
    if (tag < Tag.SHORT_STRING) return tag;
    if (tag < Tag.UNDEFINED) return this.latin1(tag - Tag.SHORT_STRING);
    switch (tag) {
      case Tag.UNDEFINED:
        return undefined;
      case Tag.NULL:
        return null;
      case Tag.FALSE:
        return false;
      case Tag.TRUE:
        return true;
      case Tag.INT32:
        return this.int32();
      case Tag.FLOAT64:
        return this.float64();
      case Tag.BIGINT:
        return this.bigint();
      case Tag.LATIN1:
        return this.latin1(this.size());
      case Tag.UTF16:
        return this.utf16();
      case Tag.REFERENCE:
        return this.#known(this.size());
      case Tag.NUMBERS:
        return this.#add(this.numbers());
      case Tag.DATE:
        return this.#add(new Date(this.float64()));
      case Tag.BINARY:
      case Tag.LARGE:
        return this.#add(this.#binary(tag === Tag.LARGE));
      case Tag.DEFERRED: {
        const kind = this.byte();
        const container = this.#container(kind);
        this.#deferred.push(kind, container);
        return container;
      }
      default: {
        if (depth >= MAX_DEPTH) throw malformed('depth');
        const container = this.#container(tag);
        this.#fill(tag, container, depth + 1);
        return container;
      }
    }
  }

  #add<T extends object>(object: T): T {
    this.#objects[this.#count++] = object;
    return object;
  }

  #known(id: number): object {
    if (id >= this.#count) throw malformed('reference');
    return this.#objects[id]!;
  }

  /** Empty, with its number. */
  #container(tag: number): object {
    switch (tag) {
      case Tag.OBJECT:
        return this.#add({});
      case Tag.ARRAY:
        return this.#add([]);
      case Tag.MAP:
        return this.#add(new Map());
      case Tag.SET:
        return this.#add(new Set());
      case Tag.ERROR:
        return this.#add(makeError(this.#text(), this.#text(), this.#textIfAny(), this.#textIfAny()));
      default:
        throw malformed('tag');
    }
  }

  #fill(tag: number, container: object, depth: number): void {
    switch (tag) {
      case Tag.OBJECT:
        return this.#properties(container, depth);
      case Tag.ARRAY:
        return this.#items(container as unknown[], depth);
      case Tag.MAP: {
        const map = container as Map<unknown, unknown>;
        for (let left = this.count(); left > 0; left--) map.set(this.#value(depth), this.#value(depth));
        return;
      }
      case Tag.SET: {
        const set = container as Set<unknown>;
        for (let left = this.count(); left > 0; left--) set.add(this.#value(depth));
        return;
      }
      case Tag.ERROR:
        for (const key of this.#names()) setErrorProperty(container as Error, key, this.#value(depth));
    }
  }

  /** HOT (bench: objects). */
  #properties(object: object, depth: number): void {
    const keys = this.#names();
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      const value = this.#value(depth);
      if (key === '__proto__') define(object, key, value, true);
      else (object as Record<string, unknown>)[key] = value;
    }
  }

  #names(): readonly string[] {
    const shape = this.byte();
    if (shape !== NEW_SHAPE) return shape < this.#shapeCount ? this.#shapes[shape]! : fail('shape');
    const count = this.count();
    const names: string[] = [];
    for (let i = 0; i < count; i++) names.push(this.name());
    if (this.#shapeCount < MAX_SHAPES && count <= MAX_SHAPE_KEYS) this.#shapes[this.#shapeCount++] = names;
    return names;
  }

  /** HOT (bench: objects). */
  #items(array: unknown[], depth: number): void {
    const length = this.size();
    for (let i = 0; i < length; i++) {
      if (this.peek() === Tag.HOLES) return this.#behindHole(array, length, depth);
      array.push(this.#value(depth));
    }
  }

  #behindHole(array: unknown[], length: number, depth: number): void {
    this.byte();
    if (length - array.length > MAX_DENSE_HOLES) {
      // An item far behind the end turns the array into a hash table, and it stays one without the item.
      array[length - 1] = null;
      delete array[length - 1];
    }
    array.length = length;
    for (let left = this.count(); left > 0; left--) {
      const index = this.size();
      if (index >= length) throw malformed('index');
      array[index] = this.#value(depth);
    }
  }

  #text(): string {
    const text = this.#value(MAX_DEPTH);
    return typeof text === 'string' ? text : fail('text');
  }

  #textIfAny(): string | undefined {
    const text = this.#value(MAX_DEPTH);
    return typeof text === 'string' || text === undefined ? text : fail('text');
  }

  #binary(isLarge: boolean): object {
    const format = this.byte();
    const dtype = this.byte();
    const bytes = this.float64();
    const dimensions = this.size();
    if (!isRaw(format) || !isSize(bytes) || dimensions > MAX_DIMENSIONS) throw malformed('data');
    const shape: number[] = [];
    for (let i = 0; i < dimensions; i++) shape.push(this.float64());
    const sides = dimensions > 0 || format === Format.NDARRAY ? shape : undefined;
    if (!shape.every(isSize) || !fits(format, dtype, sides, bytes)) throw malformed('shape');
    if (constructorOf(dtype) === undefined) throw dtypeUnknown(this.#op, dtypeName(dtype));
    const memory = isLarge ? this.#pieces[this.#used++] : this.bytes(bytes);
    if (memory?.byteLength !== bytes) throw malformed('data');
    return rawValue(format, dtype, sides, ownBuffer(memory)) as object;
  }
}

/** Those that nobody uses; they keep nothing but the names that they have read. */
const idle: Reader[] = [];

/** The object that these pieces are: its table, then its large data. Throws ERR_PROTOCOL for what no encoder writes. HOT (bench: objects) */
export function readObject(pieces: readonly View[], op: string): unknown {
  const reader = idle.pop() ?? new Reader();
  try {
    return reader.run(pieces, op);
  } finally {
    reader.reset();
    if (idle.length === 0) idle.push(reader);
  }
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function fail(what: string): never {
  throw malformed(what);
}
