/** One collective call on the wire: the messages between its ranks, all with its number and its fingerprint. */

import type { Board } from '../collectives/board/board.ts';
import { describeFingerprint } from '../collectives/calls.ts';
import type { CallChannel, Wait } from '../collectives/channel.ts';
import type { Fingerprint } from '../collectives/context.ts';
import type { HostMap } from '../collectives/levels/host-map.ts';
import * as errors from '../errors.ts';
import type { Context } from '../matching/context.ts';
import { type Operation, OpState, ReceiveOperation, SendOperation, type Work } from '../matching/operation.ts';
import { look } from '../p2p/wait.ts';
import { bytesIn, type TypedArray } from '../wire/dtype.ts';
import type { Frame } from '../wire/frame.ts';
import { segmentsOf } from '../wire/memory.ts';
import type { Packet, PacketHead, Reception } from '../wire/packet.ts';
import { copySegments } from '../wire/segments.ts';
import { encode, packetOf } from '../wire/value.ts';

class ChannelSend extends SendOperation {
  readonly channel: CollectiveChannel;

  constructor(channel: CollectiveChannel, packet: Packet, dest: number) {
    super(channel.context, packet, dest, channel.number, false, channel.stamp);
    this.channel = channel;
  }

  override get awaited(): Work | null {
    return this.channel.awaited;
  }

  override describe(): string {
    return `${this.channel.describe()} (sending to rank ${this.dest})`;
  }
}

export abstract class ChannelReceive extends ReceiveOperation {
  readonly channel: CollectiveChannel;

  constructor(channel: CollectiveChannel, source: number) {
    super(channel.context, source, channel.number);
    this.channel = channel;
  }

  override get awaited(): Work | null {
    return this.channel.awaited;
  }

  override describe(): string {
    return `${this.channel.describe()} (waiting for rank ${this.source})`;
  }
}

/** Elements into an array that is there already; another length is a disagreement of the ranks. HOT (bench: allreduce). */
class ArrayReceive extends ChannelReceive {
  readonly into: TypedArray;

  constructor(channel: CollectiveChannel, into: TypedArray, source: number) {
    super(channel, source);
    this.into = into;
  }

  override land(head: PacketHead): Reception {
    const { into } = this;
    const bytes = bytesIn(into);
    if (head.bytes !== bytes) throw errors.unequalParts(this.channel.describe(), this.source, head.bytes, bytes);
    return { segments: segmentsOf(into, bytes), value: nothing };
  }

  override adopt(head: PacketHead, _source: number, _tag: number, payload: Uint8Array): void {
    copySegments([payload], this.land(head).segments);
  }

  override landed(): void {
    // The elements are where they belong.
  }
}

/** A packet into fresh memory, still encoded. */
class PacketReceive extends ChannelReceive {
  override land(head: PacketHead): Reception {
    const { packet } = packetOf({ format: head.format, dtype: head.dtype, meta: head.meta.slice(), bytes: head.bytes });
    return { segments: packet.segments, value: () => packet };
  }

  override adopt(head: PacketHead, _source: number, _tag: number, payload: Uint8Array): void {
    const reception = this.land(head);
    copySegments([payload], reception.segments);
    this.landed(reception);
  }

  override landed(reception: Reception): void {
    this.value = reception.value();
  }
}

/** Where calls come to the memory that the ranks of a host share. */
export interface BoardDesk {
  readonly hosts: HostMap;
  board(channel: CollectiveChannel): Board | Promise<Board | undefined> | undefined;
}

export class CollectiveChannel implements CallChannel {
  readonly context: Context;
  readonly desk: BoardDesk;
  readonly number: number;
  readonly fingerprint: Fingerprint;
  readonly stamp: Frame;
  readonly rank: number;
  readonly size: number;
  /** This rank has done its part. */
  closed = false;
  /** What the program waits for. */
  awaited: Work | null = null;
  /** It was there at one look already, and those it waits for have been asked. */
  seen = false;
  asked = false;

  constructor(context: Context, number: number, fingerprint: Fingerprint, stamp: Frame, desk: BoardDesk) {
    this.context = context;
    this.desk = desk;
    this.number = number;
    this.fingerprint = fingerprint;
    this.stamp = stamp;
    this.rank = context.rank;
    this.size = context.size;
  }

  get hosts(): HostMap {
    return this.desk.hosts;
  }

  describe(): string {
    return describeFingerprint(this.fingerprint);
  }

  send(array: TypedArray, dest: number): Wait {
    return this.sendPacket(encode(array, 'collective'), dest);
  }

  recv(into: TypedArray, source: number): Wait {
    return settled(this.#receive(into, source));
  }

  exchange(array: TypedArray, dest: number, into: TypedArray, source: number): Wait {
    const receiving = this.#receive(into, source);
    return both(this.send(array, dest), settled(receiving));
  }

  #receive(into: TypedArray, source: number): ArrayReceive {
    const op = new ArrayReceive(this, into, source);
    this.context.engine.receive(op);
    return op;
  }

  sendPacket(packet: Packet, dest: number): Wait {
    const op = new ChannelSend(this, packet, dest);
    this.context.engine.send(op);
    return settled(op);
  }

  recvPacket(source: number): Packet | Promise<Packet> {
    const op = new PacketReceive(this, source);
    this.context.engine.receive(op);
    const waiting = settled(op);
    return waiting === undefined ? (op.value as Packet) : waiting.then(() => op.value as Packet);
  }

  async exchangePacket(packet: Packet, dest: number, source: number): Promise<Packet> {
    const op = new PacketReceive(this, source);
    this.context.engine.receive(op);
    const waiting = both(this.sendPacket(packet, dest), settled(op));
    if (waiting !== undefined) await waiting;
    return op.value as Packet;
  }

  board(): Board | Promise<Board | undefined> | undefined {
    return this.desk.board(this);
  }
}

/** Who waits is asked at the call as a whole, and its failure gets its stack there. */
export function settled(op: Operation): Wait {
  look(op);
  if (op.state === OpState.PENDING) {
    const waiting = new Promise<void>((resolve, reject) => {
      op.wake = () => (op.state === OpState.FAILED ? reject(op.error) : resolve());
    });
    // An algorithm that has failed does not come back for what it had started before: nobody has to.
    waiting.catch(nothing);
    return waiting;
  }
  if (op.state === OpState.FAILED) throw op.error;
  return undefined;
}

function both(a: Wait, b: Wait): Wait {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return Promise.all([a, b]).then(nothing);
}

function nothing(): void {}
