import { invariant } from '../../base/invariant.ts';
import { DType, type TypedArray } from '../../wire/dtype.ts';
import { Format } from '../../wire/format.ts';
import { NO_BYTES } from '../../wire/memory.ts';
import type { Packet } from '../../wire/packet.ts';
import { copySegments, segmentBytes } from '../../wire/segments.ts';
import { packetOf } from '../../wire/value.ts';
import { bruck } from '../allgather/bruck.ts';
import { ringBulk } from '../allgather/ringBulk.ts';
import { binomial as broadcast } from '../bcast/binomial.ts';
import { chain as broadcastChain } from '../bcast/chain.ts';
import { giveShared, Landing, takeShared } from '../bcast/sharedMemory.ts';
import type { Board } from '../board/board.ts';
import { Bulk } from '../bulk.ts';
import type { Channel } from '../channel.ts';
import type { Reducer } from '../kernels/reducer.ts';
import { binomial } from '../reduce/binomial.ts';
import { chain } from '../reduce/chain.ts';
import { sharedMemory } from '../reduce/sharedMemory.ts';

/** By messages: what is longer goes from rank to rank in pieces. */
const TREE_BYTES = 64 * 1024;

/**
 * The ranks of one host in a call of two levels: through the memory that they share, where they have some, else by messages. All of them
 * do the same, one after the other.
 */
export class HostLevel {
  readonly #channel: Channel;
  readonly #leader: number;
  readonly #board: Board | undefined;

  constructor(channel: Channel, leader: number, board: Board | undefined) {
    this.#channel = channel;
    this.#leader = leader;
    this.#board = board;
  }

  /** The operands of the host combined, in rank order, at the leader: in `work`, or the operand itself where it is alone. */
  async reduce(
    input: TypedArray,
    work: TypedArray | undefined,
    reducer: Reducer,
    commutative: boolean,
    segment: number,
  ): Promise<TypedArray> {
    if (this.#channel.size === 1) return input;
    if (this.#board !== undefined) await sharedMemory(this.#board, input, work, reducer);
    else {
      const run = input.byteLength <= TREE_BYTES ? binomial : chain;
      await run(this.#channel, input, work, reducer, this.#leader, commutative, segment);
    }
    return work ?? input;
  }

  /** The bytes of the leader, in the memory of all: so many on each of them. */
  async spread(segments: readonly Uint8Array[], segment: number): Promise<void> {
    if (this.#channel.size === 1) return;
    const leads = this.#channel.rank === this.#leader;
    const packet = rawPacket(segments);
    if (this.#board !== undefined) {
      await this.#fill(this.#board, this.#leader, segments);
    } else if (packet.bytes > TREE_BYTES) {
      await broadcastChain(this.#channel, new Bulk(segments), this.#leader, segment);
    } else {
      const arrived = await broadcast(this.#channel, leads ? packet : undefined, this.#leader);
      if (!leads) copySegments(arrived.segments, segments);
    }
  }

  /** The leader's packet, on all. */
  async spreadPacket(packet: Packet | undefined): Promise<Packet> {
    if (this.#board === undefined) return broadcast(this.#channel, packet, this.#leader);
    return this.#packetOf(this.#board, this.#leader, packet);
  }

  /** The packets of the host, in rank order, on all. */
  async gather(packet: Packet): Promise<readonly Packet[]> {
    const { size } = this.#channel;
    if (size === 1) return [packet];
    if (this.#board === undefined) return bruck(this.#channel, packet);
    const packets: Packet[] = [];
    for (let peer = 0; peer < size; peer++) packets.push(await this.#packetOf(this.#board, peer, packet));
    return packets;
  }

  /** Announced bytes of each rank, on all. */
  async share(bulks: readonly (Bulk | undefined)[], piece: number): Promise<void> {
    if (this.#channel.size === 1 || bulks.every((bulk) => bulk === undefined)) return;
    if (this.#board === undefined) return ringBulk(this.#channel, bulks, piece);
    for (const [peer, bulk] of bulks.entries()) {
      if (bulk !== undefined) await this.#fill(this.#board, peer, bulk.segments);
    }
  }

  /** What `from` has in `segments` is there on all. */
  async #fill(board: Board, from: number, segments: readonly Uint8Array[]): Promise<void> {
    if (this.#channel.rank === from) await giveShared(board, rawPacket(segments));
    else await takeShared(board, from, new Landing(undefined, () => ({ segments, value: nothing })));
  }

  async #packetOf(board: Board, from: number, own: Packet | undefined): Promise<Packet> {
    if (this.#channel.rank === from) {
      invariant(own !== undefined, 'nothing to spread', from);
      await giveShared(board, own);
      return own;
    }
    const landing = new Landing(undefined, (head) => {
      const { packet } = packetOf(head);
      return { segments: packet.segments, value: () => packet };
    });
    return (await takeShared(board, from, landing)).value() as Packet;
  }
}

function rawPacket(segments: readonly Uint8Array[]): Packet {
  return { format: Format.TYPED_ARRAY, dtype: DType.UINT8, meta: NO_BYTES, bytes: segmentBytes(segments), segments };
}

function nothing(): void {}
