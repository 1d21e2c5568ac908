/**
 * The exchange of most programs: every rank has as many elements of one kind for every other, all for one array. Nothing has to be decoded
 * then, and nothing made but views, once for all calls that are alike.
 */
import { dtypeOf, isTypedArray } from '../../wire/dtype.ts';
import { Format } from '../../wire/format.ts';
import { bytesOf, MAX_SEGMENT_BYTES } from '../../wire/memory.ts';
import type { Packet } from '../../wire/packet.ts';
import type { Inbox } from '../inbox.ts';
import type { Board } from './board.ts';
import { placeOf } from './places.ts';
import { HEAD_BYTES, hasHead } from './stream.ts';

export class Alike {
  readonly #own: Packet;
  readonly #rank: number;
  /** 1, or one for each rank. */
  readonly #leaving: number;
  /** Of the array that takes all parts, by rank. */
  readonly #parts: readonly Uint8Array[];
  /** What the call gives then. */
  readonly inbox: Inbox;

  private constructor(own: Packet, rank: number, leaving: number, parts: readonly Uint8Array[], out: unknown) {
    this.#own = own;
    this.#rank = rank;
    this.#leaving = leaving;
    this.#parts = parts;
    this.inbox = { landings: [], finish: () => out };
  }

  /** Undefined where what leaves is not alike itself, or `out` has no room for as much from all. */
  static of(leaving: readonly Packet[], rank: number, size: number, out: unknown): Alike | undefined {
    if (!isTypedArray(out)) return undefined;
    const own = leaving[leaving.length === 1 ? 0 : rank]!;
    const { bytes } = own;
    if (own.dtype !== dtypeOf(out) || bytes * size > Math.min(out.byteLength, MAX_SEGMENT_BYTES)) return undefined;
    if (bytes === 0 || !leaving.every((packet) => isFlat(packet) && packet.bytes === bytes)) return undefined;
    const all = bytesOf(out);
    const parts = Array.from({ length: size }, (_, peer) => all.subarray(peer * bytes, (peer + 1) * bytes));
    return new Alike(own, rank, leaving.length, parts, out);
  }

  /** Copies all parts to where they belong, if each has come whole and is like ours. HOT (bench: allgather, alltoall). */
  take(board: Board, round: number): boolean {
    const { memory, size } = board;
    const own = this.#own;
    const rank = this.#rank;
    const places = this.#leaving;
    for (let peer = 0; peer < size; peer++) {
      if (peer !== rank && !hasHead(memory, placeOf(board, round, places, peer, rank), own)) return false;
    }
    for (let peer = 0; peer < size; peer++) {
      const part =
        peer === rank
          ? own.segments[0]!
          : board.part(placeOf(board, round, places, peer, rank) + HEAD_BYTES, own.bytes, peer, round);
      this.#parts[peer]!.set(part);
    }
    return true;
  }
}

function isFlat({ format, meta }: Packet): boolean {
  return format === Format.TYPED_ARRAY && meta.byteLength === 0;
}
