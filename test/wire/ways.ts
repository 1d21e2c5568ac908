import assert from 'node:assert/strict';
import type { Packet, PacketHead } from '../../src/wire/packet.ts';
import { copySegments } from '../../src/wire/segments.ts';
import { adopt, copyOf, decode, encode, receive } from '../../src/wire/value.ts';

/** The payload in one piece of memory of its own. */
export function payloadOf({ segments, bytes }: Packet): Uint8Array {
  const payload = new Uint8Array(bytes);
  copySegments(segments, bytes === 0 ? [] : [payload]);
  return payload;
}

/** The head as it comes out of a frame: without segments, with meta data that is overwritten after the call. */
export function headOf({ format, dtype, meta, bytes }: Packet): PacketHead {
  return { format, dtype, meta: meta.slice(), bytes };
}

/** The value as it is after the journey, by way of all three receiving functions, which must agree. */
export function arrive(packet: Packet, out?: () => unknown): unknown {
  assert.equal(
    packet.segments.reduce((sum, segment) => sum + segment.byteLength, 0),
    packet.bytes,
  );
  const head = headOf(packet);
  const reception = receive(head, out?.(), 'recv');
  head.meta.fill(0xff);
  copySegments(packet.segments, reception.segments);
  const received = reception.value();
  const adopted = adopt(headOf(packet), payloadOf(packet), out?.(), 'recv');
  const decoded = decode(copyOf(packet), out?.(), 'recv');
  assert.deepStrictEqual(adopted, received);
  assert.deepStrictEqual(decoded, received);
  return received;
}

export function roundTrip<T>(value: T): T {
  return arrive(encode(value, 'send')) as T;
}

export function hex(packet: Packet): string {
  return Buffer.from(payloadOf(packet)).toString('hex');
}

/** What a call throws. */
export function thrown(call: () => unknown): { code: unknown; message: string; expected?: unknown; actual?: unknown } {
  try {
    call();
  } catch (error) {
    return error as ReturnType<typeof thrown>;
  }
  throw new Error('nothing was thrown');
}

/** An array whose memory was transferred away. */
export function detachedArray<T extends ArrayBufferView>(array: T): T {
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  return array;
}
