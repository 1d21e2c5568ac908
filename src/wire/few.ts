/**
 * Payloads of a few bytes, copied number by number: to make the views by which longer ones are copied takes longer than all else that a
 * short message needs.
 */
import { DType } from './dtype.ts';
import { Format } from './format.ts';
import type { PacketHead } from './packet.ts';

/** How long they are at most. */
export const FEW_BYTES = 64;

/** Elements are in the byte order of the machine. */
const LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * Fills `out` with the payload that stands at `at`. False, and nothing done: it is no Float64Array of just these elements.
 * HOT (bench: latency, rate).
 */
export function fewInto({ format, dtype, meta, bytes }: PacketHead, from: DataView, at: number, out: unknown): boolean {
  if (format !== Format.TYPED_ARRAY || dtype !== DType.FLOAT64 || meta.length > 0) return false;
  if (!(out instanceof Float64Array) || out.length * Float64Array.BYTES_PER_ELEMENT !== bytes) return false;
  for (let i = 0; i < out.length; i++) out[i] = from.getFloat64(at + i * Float64Array.BYTES_PER_ELEMENT, LITTLE);
  return true;
}
