/** Several packets as one, for values that travel together: the blocks of a gather up its tree, of a scatter down. */
import { invariant } from '../base/invariant.ts';
import { protocol } from '../errors.ts';
import { Format } from './format.ts';
import { MAX_META_BYTES } from './frame.ts';
import { LEADING_META_BYTES, leadingBytes, readHeads, writeHeads } from './heads.ts';
import { piecesIn } from './layout.ts';
import { bytesOf, segmentsOf } from './memory.ts';
import type { Packet, PacketHead } from './packet.ts';
import { writeSizes } from './sizes.ts';

/** Copies nothing: the segments are those of the packets. Bundles may hold bundles. */
export function bundle(packets: readonly Packet[]): Packet {
  const heads = writeHeads(packets);
  const leads = heads.byteLength > MAX_META_BYTES;
  const segments: Uint8Array[] = leads ? [...segmentsOf(heads)] : [];
  let bytes = leads ? heads.byteLength : 0;
  for (const packet of packets) {
    for (const segment of packet.segments) segments.push(segment);
    bytes += packet.bytes;
  }
  return { format: Format.BUNDLE, dtype: 0, meta: leads ? writeSizes([heads.byteLength]) : heads, bytes, segments };
}

/**
 * The packets again, on the memory of the bundle. Each of them may be decoded once, or sent on. Throws ERR_PROTOCOL for what
 * {@link bundle} doesn't make.
 */
export function unbundle(packet: Packet): Packet[] {
  if (packet.format !== Format.BUNDLE) throw protocol('a single value where a bundle was expected');
  const cursor = new Cursor(packet.segments);
  return headsOf(packet, cursor).map((head) => ({ ...head, segments: cursor.take(head.bytes) }));
}

function headsOf(packet: Packet, cursor: Cursor): PacketHead[] {
  if (packet.meta.byteLength !== LEADING_META_BYTES) return readHeads(packet.meta, packet.bytes);
  const bytes = leadingBytes(packet);
  const [table] = piecesIn([bytes], cursor.take(bytes)) ?? [];
  invariant(table !== undefined, 'the heads of a bundle lie in several parts', bytes);
  return readHeads(bytesOf(table), packet.bytes - bytes);
}

/** Takes segments off the front of others. */
class Cursor {
  readonly #segments: readonly Uint8Array[];
  #at = 0;
  #used = 0;

  constructor(segments: readonly Uint8Array[]) {
    this.#segments = segments;
  }

  take(bytes: number): Uint8Array[] {
    const taken: Uint8Array[] = [];
    while (bytes > 0) {
      const segment = this.#segments[this.#at];
      invariant(segment !== undefined, 'a packet is shorter than its head says', bytes);
      const length = Math.min(bytes, segment.byteLength - this.#used);
      if (length > 0)
        taken.push(length === segment.byteLength ? segment : segment.subarray(this.#used, this.#used + length));
      bytes -= length;
      this.#used += length;
      if (this.#used === segment.byteLength) {
        this.#at++;
        this.#used = 0;
      }
    }
    return taken;
  }
}
