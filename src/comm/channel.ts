/** One collective call on the wire: the messages between its ranks, all with its number and its fingerprint. */

import type { Board } from '../collectives/board/board.ts';
import { describeFingerprint } from '../collectives/calls.ts';
import type { CallChannel, Wait } from '../collectives/channel.ts';
import type { Fingerprint } from '../collectives/context.ts';
import type { HostMap } from '../collectives/levels/host-map.ts';
import type { MpiError } from '../errors.ts';
import * as errors from '../errors.ts';
import type { Context } from '../matching/context.ts';
import {
  type Caller,
  type Operation,
  OpState,
  ReceiveOperation,
  type Receiver,
  SendOperation,
  type Work,
} from '../matching/operation.ts';
import { look } from '../p2p/wait.ts';
import { bytesIn, isTypedArray, type TypedArray } from '../wire/dtype.ts';
import { fewInto } from '../wire/few.ts';
import type { Frame } from '../wire/frame.ts';
import { segmentsOf } from '../wire/memory.ts';
import type { Packet, PacketHead, Reception } from '../wire/packet.ts';
import { copySegments } from '../wire/segments.ts';
import { encode, packetOf } from '../wire/value.ts';

/** What messages call it where that matters: an op that throws, memory that is not there. */
export const CALL = 'collective';

/** The caller's memory for a packet, if it has any. */
type Place = (head: PacketHead, op: ReceiveOperation) => Packet | undefined;

/** Where calls come to the memory that the ranks of a host share. */
export interface BoardDesk {
  readonly hosts: HostMap;
  board(channel: CollectiveChannel): Board | Promise<Board | undefined> | undefined;
}

/** Receives into an array that is there already, or a packet, still encoded, into memory of a {@link Place} or fresh memory. */
export class CollectiveChannel implements CallChannel, Receiver, Caller<SendOperation> {
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

  title(op: Operation): string {
    const { dest, source } = op as SendOperation & ReceiveOperation;
    return `${this.describe()} (${dest === undefined ? `waiting for rank ${source}` : `sending to rank ${dest}`})`;
  }

  work(): Work | null {
    return this.awaited;
  }

  explain(error: MpiError): MpiError {
    return error;
  }

  /** HOT (bench: allreduce). */
  take(op: ReceiveOperation, head: PacketHead, memory: DataView, at: number): boolean {
    return fewInto(head, memory, at, op.into);
  }

  /** HOT (bench: allreduce). */
  land(op: ReceiveOperation, head: PacketHead): Reception {
    const { into } = op;
    if (!isTypedArray(into)) return landPacket(into as Place | undefined, head, op);
    const bytes = bytesIn(into);
    if (head.bytes !== bytes) throw errors.unequalParts(this.describe(), op.source, head.bytes, bytes);
    return { segments: segmentsOf(into, bytes), value: nothing };
  }

  adopt(op: ReceiveOperation, head: PacketHead, payload: Uint8Array): boolean {
    const reception = this.land(op, head);
    copySegments([payload], reception.segments);
    op.value = reception.value();
    return true;
  }

  send(array: TypedArray, dest: number): Wait {
    return this.sendPacket(encode(array, CALL), dest);
  }

  recv(into: TypedArray, source: number): Wait {
    return settled(this.#receive(into, source));
  }

  exchange(array: TypedArray, dest: number, into: TypedArray, source: number): Wait {
    const receiving = this.#receive(into, source);
    return both(this.send(array, dest), settled(receiving));
  }

  #receive(into: TypedArray | Place | undefined, source: number): ReceiveOperation {
    const op = new ReceiveOperation(this.context, this, CALL, source, this.number, into, null);
    this.context.engine.receive(op);
    return op;
  }

  sendPacket(packet: Packet, dest: number): Wait {
    const op = new SendOperation(this.context, this, CALL, packet, dest, this.number, false, this.stamp);
    this.context.engine.send(op);
    return settled(op);
  }

  recvPacket(source: number): Packet | Promise<Packet> {
    const op = this.#receive(undefined, source);
    const waiting = settled(op);
    return waiting === undefined ? (op.value as Packet) : waiting.then(() => op.value as Packet);
  }

  async exchangePacket(packet: Packet, dest: number, source: number, place?: Place): Promise<Packet> {
    const op = this.#receive(place, source);
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
      op.waiter = { woken: () => (op.state === OpState.FAILED ? reject(op.error) : resolve()) };
    });
    // An algorithm that has failed does not come back for what it had started before: nobody has to.
    waiting.catch(nothing);
    return waiting;
  }
  if (op.state === OpState.FAILED) throw op.error;
  return undefined;
}

function landPacket(place: Place | undefined, head: PacketHead, op: ReceiveOperation): Reception {
  const placed = place?.(head, op);
  if (placed !== undefined) return { segments: placed.segments, value: () => placed };
  const { packet } = packetOf({ format: head.format, dtype: head.dtype, meta: head.meta.slice(), bytes: head.bytes });
  return { segments: packet.segments, value: () => packet };
}

function both(a: Wait, b: Wait): Wait {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return Promise.all([a, b]).then(nothing);
}

function nothing(): void {}
