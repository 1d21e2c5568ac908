/**
 * Ranks in this process over the smallest channel that keeps the contract: messages of a pair in order, everything else in a
 * seeded random order; every other send waits for its receiver, the rest is buffered.
 */

import { seededRandom } from '../../../src/base/random.ts';
import * as calls from '../../../src/collectives/calls.ts';
import type { CallChannel, Wait } from '../../../src/collectives/channel.ts';
import type { CollectiveContext, CollectiveOptions, Fingerprint } from '../../../src/collectives/context.ts';
import { HostMap } from '../../../src/collectives/levels/host-map.ts';
import type { OpLike } from '../../../src/collectives/ops.ts';
import { RecentPlans } from '../../../src/collectives/recent.ts';
import type { TypedArray } from '../../../src/wire/dtype.ts';
import { segmentsOf } from '../../../src/wire/memory.ts';
import type { Packet, PacketHead } from '../../../src/wire/packet.ts';
import { copySegments } from '../../../src/wire/segments.ts';
import { copyOf, encode } from '../../../src/wire/value.ts';
import type { CollectiveComm } from './comm.ts';

export interface LocalOptions {
  seed?: number;
  segmentBytes?: number;
  algorithms?: ReadonlyMap<string, string>;
  /** The host of each rank; left out: all are on one. */
  hosts?: readonly string[];
}

interface Message {
  packet: Packet;
  fingerprint: Fingerprint;
  taken: () => void;
}

interface Receiver {
  take(message: Message): void;
  fail(error: unknown): void;
}

class World {
  readonly random: () => number;
  readonly failures: unknown[] = [];
  readonly #flights = new Map<string, { message: Message; slot: string }[]>();
  readonly #arrived = new Map<string, Message[]>();
  readonly #waiting = new Map<string, Receiver[]>();
  #scheduled = false;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  post(source: number, dest: number, call: number, message: Message): void {
    const pair = `${source}>${dest}`;
    const flight = this.#flights.get(pair) ?? [];
    flight.push({ message, slot: `${pair}#${call}` });
    this.#flights.set(pair, flight);
    this.#schedule();
  }

  receive(source: number, dest: number, call: number, receiver: Receiver): void {
    const slot = `${source}>${dest}#${call}`;
    const message = this.#arrived.get(slot)?.shift();
    if (message !== undefined) receiver.take(message);
    else this.#waiting.set(slot, [...(this.#waiting.get(slot) ?? []), receiver]);
  }

  /** Messages that were sent and never received. */
  get left(): number {
    let count = 0;
    for (const flight of this.#flights.values()) count += flight.length;
    for (const messages of this.#arrived.values()) count += messages.length;
    return count;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#deliver());
  }

  #deliver(): void {
    this.#scheduled = false;
    const pairs = [...this.#flights.keys()];
    const pair = pairs[Math.floor(this.random() * pairs.length)];
    const flight = pair === undefined ? undefined : this.#flights.get(pair);
    const next = flight?.shift();
    if (pair === undefined || flight === undefined || next === undefined) return;
    if (flight.length === 0) this.#flights.delete(pair);
    const receiver = this.#waiting.get(next.slot)?.shift();
    if (receiver !== undefined) receiver.take(next.message);
    else this.#arrived.set(next.slot, [...(this.#arrived.get(next.slot) ?? []), next.message]);
    if (this.#flights.size > 0) this.#schedule();
  }
}

class LocalChannel implements CallChannel {
  readonly rank: number;
  readonly size: number;
  readonly hosts: HostMap;
  readonly #world: World;
  readonly #call: number;
  readonly #fingerprint: Fingerprint;

  constructor(world: World, rank: number, hosts: HostMap, size: number, call: number, fingerprint: Fingerprint) {
    this.rank = rank;
    this.size = size;
    this.hosts = hosts;
    this.#world = world;
    this.#call = call;
    this.#fingerprint = fingerprint;
  }

  send(array: TypedArray, dest: number): Wait {
    return this.sendPacket(encode(array, 'send'), dest);
  }

  recv(into: TypedArray, source: number): Wait {
    return this.#take(source, (packet) => {
      if (packet.bytes !== into.byteLength) {
        throw new Error(`${this.rank} expected ${into.byteLength} bytes of ${source}, not ${packet.bytes}`);
      }
      copySegments(packet.segments, segmentsOf(into));
    }) as Wait;
  }

  exchange(array: TypedArray, dest: number, into: TypedArray, source: number): Wait {
    const received = this.recv(into, source);
    const sent = this.send(array, dest);
    return Promise.all([received, sent]).then(() => {});
  }

  sendPacket(packet: Packet, dest: number): Wait {
    const fingerprint = this.#fingerprint;
    if (this.#world.random() < 0.5) {
      this.#world.post(this.rank, dest, this.#call, { packet: copyOf(packet), fingerprint, taken: () => {} });
      return undefined;
    }
    return new Promise<void>((taken) => {
      this.#world.post(this.rank, dest, this.#call, { packet, fingerprint, taken });
    });
  }

  recvPacket(source: number): Packet | Promise<Packet> {
    return this.#take(source, copyOf);
  }

  async exchangePacket(
    packet: Packet,
    dest: number,
    source: number,
    place?: (head: PacketHead) => Packet | undefined,
  ): Promise<Packet> {
    const received = this.#take(source, (arrived) => {
      const placed = place?.(arrived);
      if (placed === undefined) return copyOf(arrived);
      copySegments(arrived.segments, placed.segments);
      return placed;
    });
    const sent = this.sendPacket(packet, dest);
    if (sent) await sent;
    return received;
  }

  board(): undefined {
    return undefined;
  }

  #take<T>(source: number, use: (packet: Packet) => T): T | Promise<T> {
    let settled: { value: T } | undefined;
    let resolve: ((value: T) => void) | undefined;
    let reject: ((error: unknown) => void) | undefined;
    const receiver: Receiver = {
      take: ({ packet, fingerprint, taken }) => {
        try {
          checkAlike(this.#fingerprint, fingerprint);
          const value = use(packet);
          taken();
          if (resolve) resolve(value);
          else settled = { value };
        } catch (error) {
          if (reject) reject(error);
          else throw error;
        }
      },
      fail: (error) => reject?.(error),
    };
    this.#world.receive(source, this.rank, this.#call, receiver);
    if (settled !== undefined) return (settled as { value: T }).value;
    return new Promise<T>((yes, no) => {
      resolve = yes;
      reject = no;
    });
  }
}

/** What two ranks of one call must agree on, where both know it. */
function checkAlike(mine: Fingerprint, theirs: Fingerprint): void {
  const differ = (a: number, b: number, unknown: number) => a !== b && a !== unknown && b !== unknown;
  if (
    mine.collective !== theirs.collective ||
    differ(mine.op, theirs.op, 0) ||
    differ(mine.algorithm, theirs.algorithm, 0) ||
    differ(mine.dtype, theirs.dtype, 0) ||
    differ(mine.root, theirs.root, -1) ||
    differ(mine.count, theirs.count, -1)
  ) {
    throw new Error(`mismatch: ${calls.describeFingerprint(mine)} here, ${calls.describeFingerprint(theirs)} there`);
  }
}

/** The collectives of one local rank. `opened` and `closed` count its calls. */
export class LocalComm implements CollectiveComm {
  readonly rank: number;
  readonly size: number;
  readonly context: CollectiveContext;
  opened = 0;
  closed = 0;

  constructor(world: World, rank: number, size: number, options: LocalOptions) {
    this.rank = rank;
    this.size = size;
    const hosts = new HostMap(options.hosts ?? new Array<string>(size).fill('here'));
    this.context = {
      rank,
      size,
      segmentBytes: options.segmentBytes ?? 64 * 1024,
      algorithms: options.algorithms ?? new Map(),
      hosts,
      forecast: undefined,
      sharesMemory: false,
      recent: new RecentPlans(),
      unshared: 'this channel has messages only',
      open: (fingerprint) => new LocalChannel(world, rank, hosts, size, this.opened++, fingerprint),
      close: () => {
        this.closed++;
      },
    };
  }

  barrier = async (...rest: Tail<typeof calls.barrier>) => calls.barrier(this.context, ...rest).start();
  bcast = async (...rest: Tail<typeof calls.bcast>) => calls.bcast(this.context, ...rest).start();
  scatter = async (...rest: Tail<typeof calls.scatter>) => calls.scatter(this.context, ...rest).start();
  gather = async (...rest: Tail<typeof calls.gather>): Promise<unknown> => calls.gather(this.context, ...rest).start();
  allgather = async (...rest: Tail<typeof calls.allgather>): Promise<unknown> =>
    calls.allgather(this.context, ...rest).start();
  alltoall = async (...rest: Tail<typeof calls.alltoall>): Promise<unknown> =>
    calls.alltoall(this.context, ...rest).start();
  scatterv = async (...rest: Tail<typeof calls.scatterv>) => calls.scatterv(this.context, ...rest).start();
  gatherv = async (...rest: Tail<typeof calls.gatherv>) => calls.gatherv(this.context, ...rest).start();
  allgatherv = async (...rest: Tail<typeof calls.allgatherv>) => calls.allgatherv(this.context, ...rest).start();
  alltoallv = async (...rest: Tail<typeof calls.alltoallv>) => calls.alltoallv(this.context, ...rest).start();
  reduce = async (...rest: Tail<typeof calls.reduce>) => calls.reduce(this.context, ...rest).start();
  allreduce = async <T>(value: T, op?: OpLike, options?: CollectiveOptions) =>
    calls.allreduce(this.context, value, op, options).start();
  scan = async (...rest: Tail<typeof calls.scan>) => calls.scan(this.context, ...rest).start();
  exscan = async (...rest: Tail<typeof calls.exscan>) => calls.exscan(this.context, ...rest).start();
  reduceScatter = async (...rest: Tail<typeof calls.reduceScatter>) =>
    calls.reduceScatter(this.context, ...rest).start();
  reduceScatterBlock = async (...rest: Tail<typeof calls.reduceScatterBlock>) =>
    calls.reduceScatterBlock(this.context, ...rest).start();
}

type Tail<F> = F extends (context: never, ...rest: infer Rest) => unknown ? Rest : never;

/** Runs a program on `size` ranks. Rejects with the first failure; messages that nobody received are one too. */
export async function runLocal<T>(
  size: number,
  program: (comm: LocalComm) => Promise<T>,
  options: LocalOptions = {},
): Promise<T[]> {
  const world = new World(options.seed ?? 1);
  const comms = Array.from({ length: size }, (_, rank) => new LocalComm(world, rank, size, options));
  const results = await Promise.all(comms.map(program));
  if (world.left > 0) throw new Error(`${world.left} messages were sent and never received`);
  return results;
}
