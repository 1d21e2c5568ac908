/** What goes out while other things come in. */
import { dtypeOf, isTypedArray } from '../wire/dtype.ts';
import { isNdArray } from '../wire/ndarray.ts';
import type { Packet } from '../wire/packet.ts';
import { copyOf } from '../wire/value.ts';

/** The packet, in memory of its own if it shares memory with `out`: what lands there must not change what is still to be sent. */
export function privateFrom(out: unknown, packet: Packet): Packet {
  if (out === undefined) return packet;
  const data: unknown = isNdArray(out) ? out.data : out;
  if (!isTypedArray(data) || dtypeOf(data) === 0) return packet;
  return packet.segments.some((segment) => segment.buffer === data.buffer) ? copyOf(packet) : packet;
}
