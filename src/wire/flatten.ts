/**
 * Turns any object graph into a node table (nodes.ts) and the binary data beside it.
 *
 * Breadth first with a queue, so depth has no bound, and each object is written once, so cycles and shared references
 * stay what they are. What can't be sent is refused with the path that led to it.
 */
import { isDate, isMap, isNativeError, isSet } from 'node:util/types';
import { detached, notSendable } from '../errors.ts';
import { MAX_SEGMENT_BYTES, segmentsOf, type View } from './memory.ts';
import { isNdArray } from './ndarray.ts';
import { LARGE_BYTES, MAX_LARGE_PIECES, NEGATIVE_ZERO, type Node, NodeKind } from './nodes.ts';
import { isSmallBigInt, isWellFormed } from './plain.ts';
import { type Raw, rawNdArray, rawOf } from './raw.ts';
import { refusalOf, type Step, stepName } from './refusals.ts';
import { segmentBytes } from './segments.ts';

/** An object graph, ready for msgpack. */
export interface Flattened {
  readonly nodes: readonly Node[];
  /** The inline area, in pieces of at most 1 GiB. */
  readonly inline: readonly Uint8Array[];
  /** The user's own memory. */
  readonly large: readonly View[];
}

const ROOT = -1;

/** @param path how messages name the value itself. Throws ERR_TYPE and ERR_BUFFER. */
export function flatten(value: object, op: string, path: string): Flattened {
  return new Flattening(op, path).run(value);
}

class Flattening {
  readonly #op: string;
  readonly #path: string;
  /** One entry a node: the object (or string, or bigint) itself, its first holder and its place there. */
  readonly #values: unknown[] = [];
  readonly #holders: number[] = [];
  readonly #steps: Step[] = [];
  readonly #ids = new Map<object, number>();
  readonly #inline: Uint8Array[] = [];
  readonly #large: View[] = [];

  constructor(op: string, path: string) {
    this.#op = op;
    this.#path = path;
  }

  run(root: object): Flattened {
    this.#ids.set(root, this.#add(root, ROOT, ''));
    const nodes: Node[] = [];
    for (let i = 0; i < this.#values.length; i++) nodes.push(this.#node(this.#values[i], i));
    return { nodes, inline: packInline(this.#inline), large: this.#large };
  }

  #add(value: unknown, holder: number, step: Step): number {
    this.#holders.push(holder);
    this.#steps.push(step);
    return this.#values.push(value) - 1;
  }

  /** What stands for `value` in the node of its holder. */
  #slot(value: unknown, holder: number, step: Step): unknown {
    switch (typeof value) {
      case 'number':
        return value === 0 && Object.is(value, -0) ? [NEGATIVE_ZERO] : value;
      case 'string':
        return isWellFormed(value) ? value : [this.#add(value, holder, step)];
      case 'bigint':
        return isSmallBigInt(value) ? value : [this.#add(value, holder, step)];
      case 'object': {
        if (value === null) return null;
        let id = this.#ids.get(value);
        if (id === undefined) this.#ids.set(value, (id = this.#add(value, holder, step)));
        return [id];
      }
      case 'function':
      case 'symbol':
        return this.#add(value, holder, step);
      default:
        return value;
    }
  }

  #node(value: unknown, id: number): Node {
    if (typeof value === 'string') return this.#text(value);
    if (typeof value === 'bigint') return [NodeKind.BIGINT, value.toString(16)];
    if (typeof value === 'object' && value !== null) {
      if (Array.isArray(value)) return this.#array(value, id);
      if (value.constructor === Object) return this.#object(value, id);
      const node = this.#special(value, id);
      if (node !== undefined) return node;
    }
    const refusal = refusalOf(value);
    if (refusal !== undefined) throw notSendable(this.#op, this.#name(id), refusal.what, refusal.remedy);
    return this.#object(value as object, id);
  }

  /** The common ones first: each question to V8 what an object is takes 30 ns. */
  #special(object: object, id: number): Node | undefined {
    if (isMap(object)) {
      const node: Node = [NodeKind.MAP];
      let place = 0;
      for (const [key, value] of object) node.push(this.#slot(key, id, place++), this.#slot(value, id, place++));
      return node;
    }
    if (isSet(object)) {
      const node: Node = [NodeKind.SET];
      let place = 0;
      for (const item of object) node.push(this.#slot(item, id, place++));
      return node;
    }
    if (isDate(object)) return [NodeKind.DATE, object.getTime()];
    const raw = rawOf(object);
    if (raw === null) throw detached(this.#op, this.#name(id));
    if (raw !== undefined) return this.#binary(raw);
    if (isNativeError(object) || object instanceof Error) return this.#error(object, id);
    if (isNdArray(object)) return this.#binary(rawNdArray(object, this.#op, () => this.#name(id)));
    return undefined;
  }

  #object(object: object, id: number): Node {
    const node: Node = [NodeKind.OBJECT];
    this.#properties(node, object, Object.keys(object), id);
    return node;
  }

  #properties(node: Node, object: object, keys: readonly string[], id: number): void {
    for (const key of keys) {
      node.push(this.#slot(key, id, key), this.#slot((object as Record<string, unknown>)[key], id, key));
    }
  }

  #array(array: readonly unknown[], id: number): Node {
    const node: Node = [NodeKind.ARRAY];
    for (let i = 0; i < array.length; i++) {
      const item = array[i];
      if (item === undefined && !(i in array)) return this.#sparse(array, id);
      node.push(this.#slot(item, id, i));
    }
    return node;
  }

  /** By its indices: a length of four thousand million may hold two items. */
  #sparse(array: readonly unknown[], id: number): Node {
    const node: Node = [NodeKind.SPARSE, array.length];
    for (const key of Object.keys(array)) {
      const index = Number(key);
      // Indices come first, in order; other properties of arrays don't travel.
      if (String(index >>> 0) !== key || index >= array.length) break;
      node.push(index, this.#slot(array[index], id, index));
    }
    return node;
  }

  #error(error: Error, id: number): Node {
    const { name, message, stack } = error;
    const node: Node = [
      NodeKind.ERROR,
      this.#slot(String(name), id, 'name'),
      this.#slot(String(message), id, 'message'),
      typeof stack === 'string' ? this.#slot(stack, id, 'stack') : undefined,
    ];
    const keys = Object.keys(error).filter((key) => key !== 'name' && key !== 'message' && key !== 'stack');
    for (const key of ['cause', 'errors']) if (Object.hasOwn(error, key) && !keys.includes(key)) keys.push(key);
    this.#properties(node, error, keys, id);
    return node;
  }

  #text(text: string): Node {
    const bytes = Buffer.from(text, 'utf16le');
    this.#inline.push(bytes);
    return [NodeKind.TEXT, bytes.byteLength];
  }

  #binary({ format, dtype, view, shape }: Raw): Node {
    const isLarge = view.byteLength >= LARGE_BYTES && this.#large.length < MAX_LARGE_PIECES;
    if (isLarge) this.#large.push(view);
    else this.#inline.push(...segmentsOf(view));
    return [NodeKind.BINARY, format, dtype, view.byteLength, isLarge ? 0 : 1, ...(shape ?? [])];
  }

  #name(id: number): string {
    const steps: string[] = [];
    for (let at = id; this.#holders[at] !== ROOT; at = this.#holders[at]!) {
      steps.push(stepName(this.#values[this.#holders[at]!], this.#steps[at]!));
    }
    return this.#path + steps.reverse().join('');
  }
}

/** Small pieces become one: each would cost a transport more than its bytes. */
function packInline(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  const bytes = segmentBytes(pieces);
  if (bytes === 0 || bytes > MAX_SEGMENT_BYTES) return pieces;
  const packed = Buffer.allocUnsafe(bytes);
  let offset = 0;
  for (const piece of pieces) {
    packed.set(piece, offset);
    offset += piece.byteLength;
  }
  return [packed];
}
