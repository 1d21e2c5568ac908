/**
 * The value codec: any value that can be sent as a packet, and back.
 *
 * Numeric values are never copied where it can be helped: a packet of a TypedArray is a view on it, and a payload lands
 * in the memory that the user gets or has passed as `out`.
 */
import { invariant } from '../base/invariant.ts';
import { detached, notSendable } from '../errors.ts';
import { bytesIn, DType, dtypeOf, isTypedArray, type TypedArray } from './dtype.ts';
import { flatten } from './flatten.ts';
import { Format } from './format.ts';
import { fromColumns } from './fromColumns.ts';
import { piecesIn, piecesOf } from './layout.ts';
import { allocate, allocateShared, bytesOf, NO_BYTES, ownBuffer, segmentsOf, type View } from './memory.ts';
import { isNdArray } from './ndarray.ts';
import { pack, unpack } from './objects.ts';
import { checkOut, intoOut, intoSame } from './out.ts';
import type { Packet, PacketHead, Reception } from './packet.ts';
import { Plain, plainnessOf } from './plain.ts';
import { checkKnown, type Plan, planOf } from './plan.ts';
import {
  arrayFormat,
  isDetached,
  isRaw,
  isSmallArray,
  itemsizeOf,
  type Raw,
  rawNdArray,
  rawOf,
  rawValue,
  smallArray,
} from './raw.ts';
import { refusalOf } from './refusals.ts';
import { restore } from './restore.ts';
import { bigIntBytes, bigIntOf, numberBytes, numberOf, utf8Bytes, utf8Text, utf16Bytes, utf16Text } from './scalars.ts';
import { copySegments, segmentBytes } from './segments.ts';
import { writeSizes } from './sizes.ts';
import { toColumns } from './toColumns.ts';

export { checkOut };

/**
 * The packet of a value. Its segments are views on the user's memory where they can be: the value must not change before
 * the packet has been sent.
 *
 * @param op name of the public call, for messages
 * @param name how messages call the value
 * @throws MpiError ERR_TYPE for what can't be sent, with the path to it; ERR_BUFFER for detached memory and ndarrays that
 *   reach beyond their data. HOT (bench: latency, objects)
 */
export function encode(value: unknown, op: string, name = 'value'): Packet {
  switch (typeof value) {
    case 'number':
      return packet(Format.NUMBER, DType.FLOAT64, numberBytes(value));
    case 'object':
      if (value === null) return packet(Format.NULL, 0, NO_BYTES);
      return isTypedArray(value) ? encodeArray(value, op, name) : encodeObject(value, op, name);
    case 'string': {
      const bytes = utf8Bytes(value);
      return bytes === null ? packet(Format.STRING16, 0, utf16Bytes(value, op)) : packet(Format.STRING, 0, bytes);
    }
    case 'boolean':
      return packet(value ? Format.TRUE : Format.FALSE, 0, NO_BYTES);
    case 'undefined':
      return packet(Format.UNDEFINED, 0, NO_BYTES);
    case 'bigint':
      return packet(Format.BIGINT, 0, bigIntBytes(value));
    default: {
      const refusal = refusalOf(value);
      invariant(refusal !== undefined, 'no format for type', typeof value);
      throw notSendable(op, name, refusal.what, refusal.remedy);
    }
  }
}

function encodeArray(array: TypedArray, op: string, name: string): Packet {
  if (array.length === 0 && isDetached(array)) throw detached(op, name);
  return packet(arrayFormat(array), dtypeOf(array), array, NO_BYTES, bytesIn(array));
}

function encodeObject(value: object, op: string, name: string): Packet {
  const plainness = plainnessOf(value);
  if (plainness === Plain.YES) return packet(Format.PLAIN, 0, pack(value, op));
  if (plainness === Plain.LONG) {
    const segments = toColumns(value, op);
    if (segments !== undefined) return columnsPacket(segments);
  }
  const raw = isNdArray(value) ? rawNdArray(value, op, () => name) : rawOf(value);
  if (raw === null) throw detached(op, name);
  return raw === undefined ? encodeGraph(value, op, name) : rawPacket(raw);
}

function rawPacket({ format, dtype, view, shape }: Raw): Packet {
  return packet(format, dtype, view, shape === undefined ? NO_BYTES : writeSizes(shape));
}

function columnsPacket(segments: readonly Uint8Array[]): Packet {
  return { format: Format.COLUMNS, dtype: 0, meta: NO_BYTES, bytes: segmentBytes(segments), segments };
}

function encodeGraph(value: object, op: string, name: string): Packet {
  const { nodes, inline, large } = flatten(value, op, name);
  const table = pack(nodes, op);
  const inlineBytes = segmentBytes(inline);
  const sizes = [table.byteLength, inlineBytes];
  const segments = [...segmentsOf(table), ...inline];
  let bytes = table.byteLength + inlineBytes;
  for (const view of large) {
    sizes.push(view.byteLength);
    segments.push(...segmentsOf(view));
    bytes += view.byteLength;
  }
  return { format: Format.GRAPH, dtype: 0, meta: writeSizes(sizes), bytes, segments };
}

function packet(
  format: Format,
  dtype: number,
  view: View,
  meta: Uint8Array = NO_BYTES,
  bytes = view.byteLength,
): Packet {
  return { format, dtype, meta, bytes, segments: segmentsOf(view, bytes) };
}

/**
 * Where an announced payload lands: in the memory of `out`, or in fresh memory that its value then consists of.
 *
 * `out` takes numeric messages of its own dtype, element by element in C order whatever the shapes: TypedArrays and ndarrays;
 * a Uint8Array also Buffers, ArrayBuffers and DataViews; a Float64Array also a number.
 *
 * @throws MpiError ERR_TYPE or ERR_TRUNCATE with `out` untouched; ERR_PROTOCOL for a malformed head. HOT (bench: latency)
 */
export function receive(head: PacketHead, out: unknown, op: string): Reception {
  const same = intoSame(head, out);
  if (same !== undefined) return same;
  const plan = planOf(head);
  if (out !== undefined) return intoOut(plan, out, op);
  checkKnown(plan, op);
  return new ValueReception(plan, op);
}

/** Fresh memory, and the value made of it. */
class ValueReception implements Reception {
  readonly segments: readonly Uint8Array[];
  readonly #plan: Plan;
  readonly #pieces: readonly View[];
  readonly #op: string;

  constructor(plan: Plan, op: string) {
    const { format, bytes, sizes } = plan;
    this.#plan = plan;
    if (sizes !== undefined) this.#pieces = sizes.map((size) => allocate(size, op));
    else if (isRaw(format) && !isSmallArray(format, bytes)) this.#pieces = [allocate(bytes, op)];
    else this.#pieces = [allocateShared(bytes, op)];
    this.segments = segmentsOfAll(this.#pieces);
    this.#op = op;
  }

  value(): unknown {
    return makeValue(this.#plan, this.#pieces, this.#op);
  }
}

function segmentsOfAll(pieces: readonly View[]): readonly Uint8Array[] {
  return pieces.length === 1 ? segmentsOf(pieces[0]!) : pieces.flatMap((piece) => segmentsOf(piece));
}

/** The value of a payload, from the pieces of its plan, which it may keep. */
function makeValue(plan: Plan, pieces: readonly View[], op: string): unknown {
  const payload = pieces[0]!;
  if (isSmallArray(plan.format, plan.bytes)) return smallArray(plan.dtype, bytesOf(payload));
  if (isRaw(plan.format)) return rawValue(plan.format, plan.dtype, plan.shape, ownBuffer(payload));
  switch (plan.format) {
    case Format.NUMBER:
      return numberOf(bytesOf(payload));
    case Format.STRING:
      return utf8Text(bytesOf(payload));
    case Format.PLAIN:
      return unpack(bytesOf(payload));
    case Format.COLUMNS:
      return fromColumns(bytesOf(payload));
    case Format.GRAPH:
      return restore(unpack(bytesOf(payload)), pieces[1]!, pieces.slice(2), op);
    case Format.NULL:
      return null;
    case Format.FALSE:
      return false;
    case Format.TRUE:
      return true;
    case Format.BIGINT:
      return bigIntOf(bytesOf(payload));
    case Format.STRING16:
      return utf16Text(bytesOf(payload));
    default:
      invariant(plan.format === Format.UNDEFINED, 'a plan of unknown format', plan.format);
      return undefined;
  }
}

/**
 * The value of a payload that is here already, in memory that nobody else uses: kept as it is where the value can consist of
 * it (an ArrayBuffer of exactly these bytes), copied otherwise. Throws as {@link receive} does. HOT (bench: latency).
 */
export function adopt(head: PacketHead, bytes: Uint8Array, out: unknown, op: string): unknown {
  return decode(
    { format: head.format, dtype: head.dtype, meta: head.meta, bytes: head.bytes, segments: [bytes] },
    out,
    op,
  );
}

/**
 * A packet to be received and kept, or sent on, without being decoded: fresh memory, laid out so that {@link decode} needs no
 * copy. The head's meta data is copied. Throws ERR_PROTOCOL for a malformed head.
 */
export function packetOf(head: PacketHead): { packet: Packet } {
  const { format, dtype, bytes } = head;
  const pieces = piecesOf(head).map((size) => allocate(size, 'recv'));
  return { packet: { format, dtype, meta: head.meta.slice(), bytes, segments: segmentsOfAll(pieces) } };
}

/**
 * The value of a packet that was received into fresh memory, which may become part of the value: decode it once, and never
 * one that {@link encode} made (its memory is the user's; decode a {@link copyOf} it). Throws as {@link receive} does.
 */
export function decode(packet: Packet, out: unknown, op: string): unknown {
  if (out === undefined) {
    const plan = planOf(packet);
    checkKnown(plan, op);
    const pieces = piecesIn(plan.sizes ?? [plan.bytes], packet.segments);
    if (pieces !== undefined) return makeValue(plan, pieces, op);
  }
  const reception = receive(packet, out, op);
  copySegments(packet.segments, reception.segments);
  return reception.value();
}

/** The value of any packet, one that {@link encode} made as well: it shares no memory with the packet. */
export function decodeCopy(packet: Packet, op: string): unknown {
  // Only these become part of their value.
  const mayKeep = isRaw(packet.format) || packet.format === Format.GRAPH;
  return decode(mayKeep ? copyOf(packet) : packet, undefined, op);
}

/** A packet of the same content in fresh memory. */
export function copyOf(packet: Packet): Packet {
  const copy = packetOf(packet).packet;
  copySegments(packet.segments, copy.segments);
  return copy;
}

/** The number of elements of a numeric message; 1 for any other value, 0 for undefined. For `Status.count`. */
export function elementCount({ format, dtype, bytes }: Omit<PacketHead, 'meta'>): number {
  if (dtype !== 0) return Math.floor(bytes / (itemsizeOf(dtype) || 1));
  return format === Format.UNDEFINED ? 0 : 1;
}
