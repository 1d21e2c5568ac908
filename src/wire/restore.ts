/**
 * The way back from a node table (nodes.ts) to the objects. Every number in the table is a peer's claim: all are checked.
 *
 * First every node becomes its object, still empty where it holds others; then the slots are filled, so cycles need no care.
 */
import { dtypeUnknown, ERROR_CODES, type ErrorCode, MpiError, protocol } from '../errors.ts';
import { constructorOf, dtypeName } from './dtype.ts';
import { Format, MAX_DIMENSIONS } from './format.ts';
import { ownBuffer, type View } from './memory.ts';
import { NEGATIVE_ZERO, NodeKind } from './nodes.ts';
import { fits, isRaw, rawValue } from './raw.ts';
import { MAX_BIGINT_BYTES } from './scalars.ts';

const ERRORS: ReadonlyMap<string, ErrorConstructor> = new Map<string, ErrorConstructor>([
  ['EvalError', EvalError],
  ['RangeError', RangeError],
  ['ReferenceError', ReferenceError],
  ['SyntaxError', SyntaxError],
  ['TypeError', TypeError],
  ['URIError', URIError],
]);

/** Arrays with holes that are longer than this are kept as hash tables, so that a claimed length costs nothing. */
const MAX_DENSE_HOLES = 1024;

/** The root object. Throws ERR_PROTOCOL for a table that no encoder writes. */
export function restore(table: unknown, inline: View, large: readonly View[], op: string): unknown {
  return new Restoring(table, inline, large, op).run();
}

class Restoring {
  readonly #op: string;
  readonly #nodes: readonly (readonly unknown[])[];
  readonly #inline: View;
  readonly #large: readonly View[];
  #values: readonly unknown[] = [];
  #inlineUsed = 0;
  #largeUsed = 0;

  constructor(table: unknown, inline: View, large: readonly View[], op: string) {
    this.#op = op;
    if (!Array.isArray(table) || table.length === 0 || !table.every(Array.isArray)) throw malformed('table');
    this.#nodes = table as unknown[][];
    this.#inline = inline;
    this.#large = large;
  }

  run(): unknown {
    this.#values = this.#nodes.map((node) => this.#shell(node));
    if (this.#inlineUsed !== this.#inline.byteLength || this.#largeUsed !== this.#large.length) throw malformed('data');
    for (const [id, node] of this.#nodes.entries()) this.#fill(this.#values[id], node);
    return this.#values[0];
  }

  /** The object of a node, complete if it holds no others. */
  #shell(node: readonly unknown[]): unknown {
    switch (node[0]) {
      case NodeKind.OBJECT:
        return {};
      case NodeKind.ARRAY:
        return [];
      case NodeKind.SPARSE:
        return holes(node[1]);
      case NodeKind.MAP:
        return new Map();
      case NodeKind.SET:
        return new Set();
      case NodeKind.DATE:
        if (typeof node[1] !== 'number') throw malformed('date');
        return new Date(node[1]);
      case NodeKind.ERROR:
        return errorShell(node);
      case NodeKind.BIGINT:
        return bigIntOf(node[1]);
      case NodeKind.TEXT:
        return this.#text(node[1]);
      case NodeKind.BINARY:
        return this.#binary(node);
      default:
        throw malformed('kind');
    }
  }

  #fill(value: unknown, node: readonly unknown[]): void {
    switch (node[0]) {
      case NodeKind.OBJECT:
        return this.#properties(value as object, node, 1);
      case NodeKind.ARRAY:
        for (let i = 1; i < node.length; i++) (value as unknown[]).push(this.#slot(node[i]));
        return;
      case NodeKind.SPARSE: {
        const array = value as unknown[];
        for (let i = 2; i < node.length; i += 2) {
          const index = node[i];
          if (!isSize(index) || index >= array.length) throw malformed('index');
          array[index] = this.#slot(node[i + 1]);
        }
        return;
      }
      case NodeKind.MAP:
        for (let i = 1; i < node.length; i += 2) {
          (value as Map<unknown, unknown>).set(this.#slot(node[i]), this.#slot(node[i + 1]));
        }
        return;
      case NodeKind.SET:
        for (let i = 1; i < node.length; i++) (value as Set<unknown>).add(this.#slot(node[i]));
        return;
      case NodeKind.ERROR:
        return this.#error(value as Error, node);
    }
  }

  #slot(slot: unknown): unknown {
    if (typeof slot !== 'object' || slot === null) return slot;
    if (!Array.isArray(slot) || slot.length !== 1) throw malformed('slot');
    const id: unknown = slot[0];
    if (id === NEGATIVE_ZERO) return -0;
    if (!isSize(id) || id >= this.#values.length) throw malformed('reference');
    return this.#values[id];
  }

  #string(slot: unknown): string {
    const text = this.#slot(slot);
    if (typeof text !== 'string') throw malformed('name');
    return text;
  }

  #properties(object: object, node: readonly unknown[], start: number): void {
    for (let i = start; i < node.length; i += 2) {
      const key = this.#string(node[i]);
      const value = this.#slot(node[i + 1]);
      if (key === '__proto__') define(object, key, value, true);
      else (object as Record<string, unknown>)[key] = value;
    }
  }

  #error(error: Error, node: readonly unknown[]): void {
    const name = this.#string(node[1]);
    const message = this.#string(node[2]);
    if (error.name !== name) define(error, 'name', name, false);
    if (error.message !== message) define(error, 'message', message, false);
    define(error, 'stack', node[3] === undefined ? undefined : this.#string(node[3]), false);
    for (let i = 4; i < node.length; i += 2) {
      const key = this.#string(node[i]);
      define(error, key, this.#slot(node[i + 1]), key !== 'cause' && key !== 'errors');
    }
  }

  #text(bytes: unknown): string {
    const view = this.#take(bytes);
    return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('utf16le');
  }

  #binary(node: readonly unknown[]): unknown {
    const [, format, dtype, bytes, inline, ...shape] = node;
    if (typeof format !== 'number' || !isRaw(format) || typeof dtype !== 'number') throw malformed('data');
    if (shape.length > MAX_DIMENSIONS || !shape.every(isSize)) throw malformed('shape');
    const sides = shape.length > 0 || format === Format.NDARRAY ? (shape as number[]) : undefined;
    if (!isSize(bytes) || !fits(format, dtype, sides, bytes)) throw malformed('data');
    if (constructorOf(dtype) === undefined) throw dtypeUnknown(this.#op, dtypeName(dtype));
    return rawValue(format, dtype, sides, ownBuffer(inline === 1 ? this.#take(bytes) : this.#takeLarge(bytes)));
  }

  /** The next bytes of the inline area. */
  #take(bytes: unknown): View {
    const { buffer, byteOffset, byteLength } = this.#inline;
    const start = this.#inlineUsed;
    if (!isSize(bytes) || bytes > byteLength - start) throw malformed('data');
    this.#inlineUsed += bytes;
    return new DataView(buffer, byteOffset + start, bytes);
  }

  #takeLarge(bytes: number): View {
    const view = this.#large[this.#largeUsed++];
    if (view === undefined || view.byteLength !== bytes) throw malformed('data');
    return view;
  }
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** An array that is all holes. */
function holes(length: unknown): unknown[] {
  if (!isSize(length) || length > 0xffffffff) throw malformed('length');
  const array: unknown[] = [];
  if (length > MAX_DENSE_HOLES) {
    // An item far behind the end turns the array into a hash table, and it stays one without the item.
    array[length - 1] = null;
    delete array[length - 1];
  }
  array.length = length;
  return array;
}

/** An error of the right class; name, message and stack are set with the properties. */
function errorShell(node: readonly unknown[]): Error {
  const [, name, message] = node;
  const text = typeof message === 'string' ? message : '';
  if (name === 'AggregateError') return new AggregateError([], text);
  if (name === 'MpiError') {
    const code = node[node.indexOf('code', 4) + 1] as ErrorCode;
    if (ERROR_CODES.includes(code)) return new MpiError(code, text);
  }
  const Class = typeof name === 'string' ? ERRORS.get(name) : undefined;
  return new (Class ?? Error)(text);
}

function bigIntOf(digits: unknown): bigint {
  if (typeof digits !== 'string' || digits.length > 2 * MAX_BIGINT_BYTES || !/^-?[0-9a-f]+$/.test(digits))
    throw malformed('bigint');
  return digits.startsWith('-') ? -BigInt(`0x${digits.slice(1)}`) : BigInt(`0x${digits}`);
}

function define(object: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(object, key, { value, enumerable, configurable: true, writable: true });
}

function malformed(what: string): MpiError {
  return protocol(`an object with a malformed ${what}`);
}
