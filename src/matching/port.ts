/** What both directions of the protocol stand on: the transport, the peers behind it, one frame to fill, ids. */
import { type Clock, systemClock } from '../base/clock.ts';
import { invariant } from '../base/invariant.ts';
import type { MpiError } from '../errors.ts';
import * as errors from '../errors.ts';
import type { Transport } from '../transport/transport.ts';
import { Frame, type FrameKind } from '../wire/frame.ts';
import type { Context } from './context.ts';
import { type Operation, OpState } from './operation.ts';
import { creditFor, Peer, PeerState } from './peers.ts';

/** Keeps the process from ending while an operation can still complete. */
export interface Liveness {
  hold(): void;
  release(): void;
  /** Somebody is about to wait for `work`: looks, for a moment, whether it ends at once. Not from within the engine. */
  look?(work: { readonly pending: boolean }): void;
}

export interface EngineOptions {
  transport: Transport;
  endpoints: number;
  liveness: Liveness;
  /** What time limits go by. */
  clock?: Clock;
  /** Largest payload that travels with its envelope, in bytes. */
  eagerLimit?: number;
  /** Largest DATA frame, in bytes: other frames of the link get their turn between two. */
  fragmentBytes?: number;
}

export const NO_SEGMENTS: readonly Uint8Array[] = [];
const DEFAULT_EAGER_LIMIT = 64 * 1024;
const DEFAULT_FRAGMENT = 4 * 2 ** 20;

export class Port {
  readonly transport: Transport;
  readonly self: number;
  readonly liveness: Liveness;
  readonly clock: Clock;
  readonly endpoints: number;
  readonly eagerLimit: number;
  readonly fragmentBytes: number;
  /** Eager bytes that one endpoint may have on its way to another. */
  readonly credit: number;
  /** Made when they are first asked for: a process that hosts a thousand ranks has a million pairs. */
  private readonly peers: (Peer | undefined)[];
  private readonly frame = new Frame();
  private ids = 0;

  constructor({ transport, endpoints, liveness, clock, eagerLimit, fragmentBytes }: EngineOptions) {
    this.transport = transport;
    this.self = transport.self;
    this.liveness = liveness;
    this.clock = clock ?? systemClock;
    this.endpoints = endpoints;
    this.eagerLimit = eagerLimit ?? DEFAULT_EAGER_LIMIT;
    this.fragmentBytes = fragmentBytes ?? DEFAULT_FRAGMENT;
    this.credit = creditFor(endpoints);
    this.peers = new Array<Peer | undefined>(endpoints);
  }

  /** HOT (bench: latency). */
  peerAt(endpoint: number): Peer {
    const peer = this.peers[endpoint];
    if (peer !== undefined) return peer;
    invariant(endpoint >= 0 && endpoint < this.endpoints, 'no such endpoint', endpoint, this.endpoints);
    return (this.peers[endpoint] = new Peer());
  }

  stateOf(endpoint: number): PeerState {
    return this.peers[endpoint]?.state ?? PeerState.HERE;
  }

  /** Those that were asked for so far. */
  *known(): Iterable<Peer> {
    for (const peer of this.peers) if (peer !== undefined) yield peer;
  }

  /** The frame to fill and send at once: there is one only. HOT (bench: latency). */
  prepare(kind: FrameKind): Frame {
    const frame = this.frame.reset();
    frame.kind = kind;
    return frame;
  }

  /** The same with the sender's place in `context`. */
  prepareIn(kind: FrameKind, context: Context): Frame {
    const frame = this.prepare(kind);
    frame.context = context.id;
    frame.source = context.rank;
    return frame;
  }

  /** The same with the fingerprint of a collective call. */
  prepareStamped(kind: FrameKind, context: Context, stamp: Frame): Frame {
    const frame = this.prepareIn(kind, context);
    frame.collective = stamp.collective;
    frame.op = stamp.op;
    frame.algorithm = stamp.algorithm;
    frame.callDtype = stamp.callDtype;
    frame.root = stamp.root;
    frame.count = stamp.count;
    return frame;
  }

  /** Sends a frame without payload. */
  post(to: number, frame: Frame): void {
    this.transport.send(to, frame, NO_SEGMENTS, null);
  }

  /** Tells the sender of message `id` what became of it. */
  answer(to: number, kind: FrameKind, id: number): void {
    const frame = this.prepare(kind);
    frame.id = id;
    this.post(to, frame);
  }

  /** Ids are 32 bits and never 0; those still in use after a turn are skipped. */
  nextId(taken: ReadonlyMap<number, unknown>): number {
    do this.ids = (this.ids + 1) >>> 0;
    while (this.ids === 0 || taken.has(this.ids));
    return this.ids;
  }

  /** An operation that somebody who is there can complete keeps the process alive. */
  hold(op: Operation): void {
    if (op.held || op.state !== OpState.PENDING) return;
    op.held = true;
    this.liveness.hold();
  }

  /** Why `op`, which needs `endpoint`, can't complete. */
  goneError(op: Operation, endpoint: number): MpiError {
    const peer = this.peerAt(endpoint);
    const rank = op.context.endpoints.indexOf(endpoint);
    return peer.state === PeerState.LEFT
      ? errors.peerLeft(op.describe(), rank, op.context.rank)
      : errors.peerFailed(op.describe(), rank, op.context.rank, peer.error);
  }
}
