/**
 * Large values are announced before they are sent.
 *
 * Where the receivers can't know what comes, the first message of a collective carries either a small value whole or, in its place,
 * this announcement: the head of a large one, whose bytes then follow as raw pieces, straight into the memory that they are for.
 *
 * An announcement is a bundle of one packet: no value by itself is a bundle, so the two can't be taken for each other.
 */
import { invariant } from '../base/invariant.ts';
import { protocol } from '../errors.ts';
import { bundle, unbundle } from '../wire/bundle.ts';
import { Format } from '../wire/format.ts';
import type { Packet, PacketHead } from '../wire/packet.ts';
import { copySegments } from '../wire/segments.ts';
import { encode } from '../wire/value.ts';

/** format, dtype, algorithm, unused, then the payload bytes as a float64; the head's own meta data follows. */
const FIXED_BYTES = 12;

export interface Announcement {
  readonly head: PacketHead;
  /** The code of the algorithm by which the bytes come, chosen by the sender; 0 where every rank knows it. */
  readonly algorithm: number;
}

export function announce(head: PacketHead, algorithm = 0): Packet {
  invariant(head.format !== Format.BUNDLE, 'only values are announced', head.format);
  const bytes = new Uint8Array(FIXED_BYTES + head.meta.byteLength);
  bytes[0] = head.format;
  bytes[1] = head.dtype;
  bytes[2] = algorithm;
  new DataView(bytes.buffer).setFloat64(4, head.bytes, true);
  bytes.set(head.meta, FIXED_BYTES);
  return bundle([encode(bytes, 'announce')]);
}

/** The announcement that a packet is, or undefined for a whole value. @throws MpiError ERR_PROTOCOL for a malformed one. */
export function announcementIn(packet: Packet): Announcement | undefined {
  if (packet.format !== Format.BUNDLE) return undefined;
  const [only] = unbundle(packet);
  if (only === undefined || only.bytes < FIXED_BYTES) throw protocol('a malformed announcement');
  const bytes = new Uint8Array(only.bytes);
  copySegments(only.segments, [bytes]);
  const head = {
    format: bytes[0] ?? 0,
    dtype: bytes[1] ?? 0,
    meta: bytes.subarray(FIXED_BYTES),
    bytes: new DataView(bytes.buffer).getFloat64(4, true),
  };
  return { head, algorithm: bytes[2] ?? 0 };
}
