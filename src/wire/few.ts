/**
 * Payloads of a few numbers, copied one by one: to make the views by which longer ones are copied takes longer than all else that a short
 * message needs.
 */
import { DType } from './dtype.ts';
import { Format } from './format.ts';
import { NO_BYTES } from './memory.ts';
import type { Packet, PacketHead } from './packet.ts';

const NUMBER_BYTES = 8;
const MOST_NUMBERS = 8;

/** How long they are at most. */
export const FEW_BYTES = MOST_NUMBERS * NUMBER_BYTES;

/** Elements are in the byte order of the machine, numbers are little-endian. */
const LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** What is sent, for as long as it takes to copy it; and the packets of its first numbers, by how many they are. */
const NUMBERS = new Float64Array(MOST_NUMBERS);
const ARRAYS: readonly Packet[] = Array.from(NUMBERS.keys(), (last) => packetOf(Format.TYPED_ARRAY, last + 1));
const NUMBER = packetOf(Format.NUMBER, 1);
const NUMBER_VIEW = new DataView(NUMBERS.buffer);

function packetOf(format: number, count: number): Packet {
  const bytes = count * NUMBER_BYTES;
  return { format, dtype: DType.FLOAT64, meta: NO_BYTES, bytes, segments: [new Uint8Array(NUMBERS.buffer, 0, bytes)] };
}

/**
 * The packet of a number or a short Float64Array, in memory that the next one takes: whoever does not send it before it has to {@link keep} it.
 * Undefined for all else. HOT (bench: latency, rate).
 */
export function encodeFew(value: unknown): Packet | undefined {
  if (typeof value === 'number') {
    NUMBER_VIEW.setFloat64(0, value, true);
    return NUMBER;
  }
  if (!(value instanceof Float64Array)) return undefined;
  const { length } = value;
  if (length === 0 || length > MOST_NUMBERS) return undefined;
  for (let i = 0; i < length; i++) NUMBERS[i] = value[i]!;
  return ARRAYS[length - 1];
}

/** A packet that stays as it is until it is sent. */
export function keep(packet: Packet): Packet {
  if (packet !== NUMBER && !ARRAYS.includes(packet)) return packet;
  return { ...packet, segments: packet.segments.map((segment) => segment.slice()) };
}

/**
 * Fills `out` with the payload that stands at `at`. False, and nothing done: it is no Float64Array of just these elements.
 * HOT (bench: latency, rate).
 */
export function fewInto({ format, dtype, meta, bytes }: PacketHead, from: DataView, at: number, out: unknown): boolean {
  if (format !== Format.TYPED_ARRAY || dtype !== DType.FLOAT64 || meta.length > 0) return false;
  if (!(out instanceof Float64Array) || out.length * NUMBER_BYTES !== bytes) return false;
  for (let i = 0; i < out.length; i++) out[i] = from.getFloat64(at + i * NUMBER_BYTES, LITTLE);
  return true;
}

/** The value of such a payload; undefined, which none of them is, where it is another. HOT (bench: latency, rate). */
export function fewOf(head: PacketHead, from: DataView, at: number): number | Float64Array | undefined {
  const { format, dtype, meta, bytes } = head;
  if (dtype !== DType.FLOAT64 || meta.length > 0 || bytes % NUMBER_BYTES !== 0) return undefined;
  if (format === Format.NUMBER && bytes === NUMBER_BYTES) return from.getFloat64(at, true);
  if (format !== Format.TYPED_ARRAY) return undefined;
  const array = new Float64Array(bytes / NUMBER_BYTES);
  for (let i = 0; i < array.length; i++) array[i] = from.getFloat64(at + i * NUMBER_BYTES, LITTLE);
  return array;
}
