/**
 * The bytes of a large value in memory, sent and received in pieces.
 *
 * Sender and receiver may hold the same bytes in differently cut segments (an object's arrays, a huge array in 1 GiB views), so
 * pieces are cut by byte position. A piece inside one segment is a view; the few that straddle segments go through a copy.
 */
import { invariant } from '../base/invariant.ts';
import { copySegments, segmentBytes } from '../wire/segments.ts';
import type { Channel, Wait } from './channel.ts';
import { all, guarded } from './waits.ts';

export class Bulk {
  readonly segments: readonly Uint8Array[];
  readonly bytes: number;

  constructor(segments: readonly Uint8Array[]) {
    this.segments = segments;
    this.bytes = segmentBytes(segments);
  }

  /** Sends the bytes [from, to). */
  send(channel: Channel, from: number, to: number, dest: number): Wait {
    const parts = this.parts(from, to);
    const [only] = parts;
    if (only !== undefined && parts.length === 1) return channel.send(only, dest);
    const copy = new Uint8Array(to - from);
    copySegments(parts, [copy]);
    return channel.send(copy, dest);
  }

  /** Receives the bytes [from, to) in place. */
  recv(channel: Channel, from: number, to: number, source: number): Wait {
    const parts = this.parts(from, to);
    const [only] = parts;
    if (only !== undefined && parts.length === 1) return channel.recv(only, source);
    const copy = new Uint8Array(to - from);
    const wait = channel.recv(copy, source);
    if (wait) return wait.then(() => void copySegments([copy], parts));
    copySegments([copy], parts);
    return undefined;
  }

  /** Views that make up the bytes [from, to). */
  parts(from: number, to: number): Uint8Array[] {
    invariant(from >= 0 && from <= to && to <= this.bytes, 'piece outside of the bulk', from, to, this.bytes);
    const parts: Uint8Array[] = [];
    let start = 0;
    for (const segment of this.segments) {
      const end = start + segment.byteLength;
      if (end > from && start < to) {
        parts.push(segment.subarray(Math.max(0, from - start), Math.min(segment.byteLength, to - start)));
      }
      start = end;
    }
    return parts;
  }
}

/** Sends all of it in pieces of `piece` bytes. */
export function sendBulk(channel: Channel, bulk: Bulk, piece: number, dest: number): Wait {
  if (bulk.bytes <= piece) return bulk.send(channel, 0, bulk.bytes, dest);
  const waits: Wait[] = [];
  for (let from = 0; from < bulk.bytes; from += piece) {
    waits.push(guarded(bulk.send(channel, from, Math.min(bulk.bytes, from + piece), dest)));
  }
  return all(waits);
}

/** Receives what {@link sendBulk} sends, with the same size of pieces. */
export function recvBulk(channel: Channel, bulk: Bulk, piece: number, source: number): Wait {
  if (bulk.bytes <= piece) return bulk.recv(channel, 0, bulk.bytes, source);
  const waits: Wait[] = [];
  for (let from = 0; from < bulk.bytes; from += piece) {
    waits.push(guarded(bulk.recv(channel, from, Math.min(bulk.bytes, from + piece), source)));
  }
  return all(waits);
}
