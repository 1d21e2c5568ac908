/**
 * The protocol: which frame follows from which call or frame. A state machine without I/O and without promises, so a test
 * can drive it with arrays.
 *
 * Small messages go at once (eager), as long as the receiver's memory for unexpected messages lasts: each endpoint has a
 * credit with every other, which comes back when its messages are consumed. Large ones, and small ones beyond the credit,
 * announce themselves (REQUEST) and send their payload when a receive has matched (GRANT, DATA). Envelopes of both ways travel
 * in order on one link, so matching in order of arrival is non-overtaking (MPI 4.1, section 3.5).
 */
import { invariant } from '../base/invariant.ts';
import * as errors from '../errors.ts';
import { isMpiError, type MpiError } from '../errors.ts';
import type { FrameSink, Landing, Transport } from '../transport/transport.ts';
import { Frame, FrameFlag, FrameKind } from '../wire/frame.ts';
import { Context, type ContextOwner } from './context.ts';
import { ANY_SOURCE, matches } from './envelope.ts';
import { cut, nextFragment } from './fragments.ts';
import { Message } from './message.ts';
import {
  type Operation,
  OpState,
  type ProbeOperation,
  type ReceiveOperation,
  type SendOperation,
} from './operation.ts';
import { creditFor, MESSAGE_COST, Peer, PeerState } from './peers.ts';

/** Keeps the process from ending while an operation can still complete. */
export interface Liveness {
  hold(): void;
  release(): void;
}

export interface EngineOptions {
  transport: Transport;
  endpoints: number;
  liveness: Liveness;
  /** Largest payload that travels with its envelope, in bytes. */
  eagerLimit?: number;
  /** Largest DATA frame, in bytes: other frames of the link get their turn between two. */
  fragmentBytes?: number;
}

/** A payload on its way into a receive or into an unexpected message. */
export class EngineLanding implements Landing {
  readonly segments: readonly Uint8Array[];
  readonly bytes: number;
  readonly op: ReceiveOperation | null;
  readonly message: Message | null;
  readonly frame: Frame | null;

  constructor(
    segments: readonly Uint8Array[],
    bytes: number,
    op: ReceiveOperation | null,
    message: Message | null,
    frame: Frame | null,
  ) {
    this.segments = segments;
    this.bytes = bytes;
    this.op = op;
    this.message = message;
    this.frame = frame;
  }
}

const NO_SEGMENTS: readonly Uint8Array[] = [];
const DEFAULT_EAGER_LIMIT = 64 * 1024;
const DEFAULT_FRAGMENT = 4 * 2 ** 20;
/** DATA frames of one message that wait in the transport at the same time. */
const FRAGMENTS_IN_FLIGHT = 2;
/** A REVOKE carries a sentence, no more. */
const MAX_REVOKE_BYTES = 16 * 1024;

export class Engine implements FrameSink {
  readonly liveness: Liveness;
  readonly self: number;
  readonly peers: Peer[];
  private readonly transport: Transport;
  private readonly eagerLimit: number;
  private readonly fragmentBytes: number;
  private readonly credit: number;
  private readonly contexts = new Map<number, Context>();
  /** Frames for communicators that this process has not made yet, in order of arrival. */
  private readonly early = new Map<number, Early[]>();
  /** Sends that wait for an answer, by id. */
  private readonly sends = new Map<number, SendOperation>();
  /** Receives whose DATA come in, by id. */
  private readonly receives = new Map<number, ReceiveOperation>();
  private readonly frame = new Frame();
  private ids = 0;

  /** A link broke; the process finds out why and answers with {@link peerFailed}. */
  onLost: (peer: number, reason: Error) => void;
  /** A peer has left its script. */
  onLeft: (peer: number) => void = () => {};

  constructor(options: EngineOptions) {
    this.transport = options.transport;
    this.liveness = options.liveness;
    this.self = options.transport.self;
    this.eagerLimit = options.eagerLimit ?? DEFAULT_EAGER_LIMIT;
    this.fragmentBytes = options.fragmentBytes ?? DEFAULT_FRAGMENT;
    this.credit = creditFor(options.endpoints);
    this.peers = Array.from({ length: options.endpoints }, () => new Peer());
    this.onLost = (peer, reason) => {
      this.peerFailed(peer, isMpiError(reason) ? reason : errors.lostPeer(peer, reason.message, reason));
    };
    this.transport.attach(this);
  }

  // ── Contexts ───────────────────────────────────────────────────────────────────────────────────────────────────────

  open(id: number, owner: ContextOwner, endpoints: readonly number[], rank: number): Context {
    invariant(!this.contexts.has(id), 'context opened twice', id);
    const context = new Context(this, id, owner, endpoints, rank);
    this.contexts.set(id, context);
    const early = this.early.get(id);
    if (early !== undefined) {
      this.early.delete(id);
      for (const { frame, message } of early) this.deliverEarly(context, frame, message);
    }
    return context;
  }

  /** Fails everything that waits in `context`, and everything that is tried there from now on. */
  break(context: Context, error: MpiError): void {
    if (context.broken !== null) return;
    context.broken = error;
    for (const op of this.pendingIn(context)) this.failOperation(op, error);
  }

  /** Tells `rank`, for which we wait, which call of ours `stamp` waits in: it compares. */
  inquire(context: Context, rank: number, number: number, stamp: Frame): void {
    const peer = context.endpoints[rank] as number;
    if (this.peerAt(peer).state !== PeerState.HERE) return;
    const frame = this.stamp(stamp, context);
    frame.kind = FrameKind.INQUIRY;
    frame.tag = number;
    this.transport.send(peer, frame, NO_SEGMENTS, null);
  }

  /** Tells every other rank of `context` that it is unusable. */
  revoke(context: Context, payload: Uint8Array): void {
    for (const peer of context.endpoints) {
      if (peer === this.self || this.peerAt(peer).state !== PeerState.HERE) continue;
      const frame = this.prepare(FrameKind.REVOKE, context);
      frame.bytes = payload.byteLength;
      this.transport.send(peer, frame, [payload], null);
    }
  }

  // ── Calls ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Starts a send. HOT (bench: latency, rate). */
  send(op: SendOperation): void {
    const { context, packet } = op;
    if (context.broken !== null) return op.fail(context.broken);
    const to = context.endpoints[op.dest] as number;
    const peer = this.peerAt(to);
    if (peer.state !== PeerState.HERE) return op.fail(this.goneError(op, to));
    const frame = op.stamp === null ? this.prepare(FrameKind.EAGER, context) : this.stamp(op.stamp, context);
    frame.tag = op.tag;
    frame.format = packet.format;
    frame.dtype = packet.dtype;
    frame.meta = packet.meta;
    const cost = packet.bytes + packet.meta.byteLength + MESSAGE_COST;
    if (packet.bytes <= this.eagerLimit && peer.outstanding + cost <= this.credit) {
      peer.outstanding += cost;
      frame.bytes = packet.bytes;
      if (op.synchronous) {
        op.awaitsMatch = true;
        frame.flags = FrameFlag.SYNCHRONOUS;
        frame.id = this.register(op);
      }
      if (this.transport.send(to, frame, packet.segments, op)) {
        if (!op.awaitsMatch) return op.complete();
      } else op.awaitsSent = true;
    } else {
      frame.kind = FrameKind.REQUEST;
      frame.total = packet.bytes;
      frame.id = this.register(op);
      this.transport.send(to, frame, NO_SEGMENTS, null);
    }
    this.hold(op, to !== this.self || op.awaitsSent);
  }

  /** Starts a receive: takes the first message that fits, or waits for it. HOT (bench: latency, rate). */
  receive(op: ReceiveOperation): void {
    const { context } = op;
    if (context.broken !== null) return op.fail(context.broken);
    const message = context.unexpected.find(op.source, op.tag);
    if (message !== null) {
      context.unexpected.remove(message);
      return this.consume(message, op);
    }
    if (op.source !== ANY_SOURCE) {
      const from = context.endpoints[op.source] as number;
      if (this.peerAt(from).state !== PeerState.HERE) return op.fail(this.goneError(op, from));
    } else {
      const failed = this.failedIn(context);
      if (failed !== null) return op.fail(this.goneError(op, failed));
    }
    context.posted.add(op);
    this.hold(op, this.canArrive(context, op.source));
  }

  /** Takes the payload of a message that was taken out of the queue before. */
  receiveMessage(message: Message, op: ReceiveOperation): void {
    this.consume(message, op);
    if (op.pending) this.hold(op, true);
  }

  /** The message that a receive would get now, left where it is. */
  peek(context: Context, source: number, tag: number): Message | null {
    return context.unexpected.find(source, tag);
  }

  /** The same, taken out of the queue: nobody else can receive it. */
  extract(context: Context, source: number, tag: number): Message | null {
    const message = context.unexpected.find(source, tag);
    if (message !== null) context.unexpected.remove(message);
    return message;
  }

  probe(op: ProbeOperation): void {
    const { context } = op;
    if (context.broken !== null) return op.fail(context.broken);
    const message = op.matched ? this.extract(context, op.source, op.tag) : this.peek(context, op.source, op.tag);
    if (message !== null) return op.found(message);
    if (op.source !== ANY_SOURCE) {
      const from = context.endpoints[op.source] as number;
      if (this.peerAt(from).state !== PeerState.HERE) return op.fail(this.goneError(op, from));
    }
    context.probes.add(op);
    this.hold(op, this.canArrive(context, op.source));
  }

  /** Withdraws a receive or probe. False: it has been matched, and will complete. */
  withdraw(op: ReceiveOperation | ProbeOperation): boolean {
    if ('matched' in op) return op.context.probes.delete(op);
    return op.context.posted.remove(op);
  }

  /** Asks the receiver to forget a send; the operation becomes `cancelled` unless it is matched first. */
  requestCancel(op: SendOperation): void {
    if (!op.pending || op.id === 0 || op.granted) return;
    const frame = this.prepare(FrameKind.CANCEL, op.context);
    frame.tag = op.tag;
    frame.id = op.id;
    this.transport.send(op.context.endpoints[op.dest] as number, frame, NO_SEGMENTS, null);
  }

  flush(): void {
    this.transport.flush();
  }

  /** Says good-bye to everybody: nothing more will come from here. */
  leave(): void {
    for (let peer = 0; peer < this.peers.length; peer++) {
      if (peer === this.self || this.peerAt(peer).state === PeerState.FAILED) continue;
      this.frame.reset().kind = FrameKind.BYE;
      this.transport.send(peer, this.frame, NO_SEGMENTS, null);
    }
    this.transport.flush();
  }

  /** Everything that waits, for reports. */
  *pending(): Iterable<Operation> {
    for (const context of this.contexts.values()) {
      yield* context.posted;
      yield* context.probes;
    }
    for (const op of this.sends.values()) if (op.pending) yield op;
    for (const op of this.receives.values()) if (op.pending) yield op;
    for (const { landing } of this.peers) {
      const op = landing?.op ?? landing?.message?.receiver;
      if (op?.pending && op.id === 0) yield op;
    }
  }

  // ── Frames ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** HOT (bench: latency, rate). */
  announce(from: number, frame: Frame): Landing | null {
    return (this.peerAt(from).landing = this.dispatch(from, frame));
  }

  private dispatch(from: number, frame: Frame): EngineLanding | null {
    switch (frame.kind) {
      case FrameKind.EAGER:
      case FrameKind.REQUEST:
        return this.arrive(from, frame);
      case FrameKind.GRANT:
        return this.granted(from, frame);
      case FrameKind.DATA:
        return this.data(from, frame);
      case FrameKind.MATCHED: {
        const op = this.answered(from, frame.id);
        if (op === undefined) return null;
        this.sends.delete(op.id);
        op.awaitsMatch = false;
        if (!op.awaitsSent) op.complete();
        return null;
      }
      case FrameKind.CREDIT: {
        const peer = this.peerAt(from);
        if (frame.total > peer.outstanding) throw errors.protocol(`peer ${from} returned more credit than it had`);
        peer.outstanding -= frame.total;
        return null;
      }
      case FrameKind.CANCEL:
        return this.cancelRequested(from, frame);
      case FrameKind.CANCELLED:
        this.cancelConfirmed(from, frame.id);
        return null;
      case FrameKind.REVOKE: {
        if (frame.bytes > MAX_REVOKE_BYTES) throw errors.protocol(`a REVOKE of ${frame.bytes} bytes`);
        const payload = new Uint8Array(frame.bytes);
        const copy = frame.clone();
        if (frame.bytes > 0) return new EngineLanding([payload], frame.bytes, null, null, copy);
        this.revoked(copy, payload);
        return null;
      }
      case FrameKind.BYE:
        this.left(from);
        return null;
      case FrameKind.INQUIRY:
        this.inquired(from, frame);
        return null;
      default:
        throw errors.protocol(`a frame of unknown kind ${frame.kind}`);
    }
  }

  /** HOT (bench: latency, bandwidth). */
  landed(from: number, landing: Landing): void {
    const { op, message, frame, bytes } = landing as EngineLanding;
    this.peerAt(from).landing = null;
    if (op !== null) {
      op.received += bytes;
      if (op.received === op.total) this.finish(op);
    } else if (message !== null) {
      message.complete = true;
      if (message.receiver !== null) this.adopt(message, message.receiver);
    } else if (frame !== null) {
      this.revoked(frame, landing.segments[0] as Uint8Array);
    }
  }

  lost(from: number, reason: Error): void {
    if (this.peerAt(from).state === PeerState.HERE) this.onLost(from, reason);
  }

  /** The memory of a send, or of its fragment, may be changed again. */
  sendDelivered(op: SendOperation): void {
    if (op.granted) {
      op.inFlight--;
      this.pump(op);
    } else {
      op.awaitsSent = false;
      if (!op.awaitsMatch) op.complete();
    }
  }

  /** A peer is gone for good: whatever needs it fails with `error`. */
  peerFailed(at: number, error: MpiError): void {
    const peer = this.peerAt(at);
    if (peer.state !== PeerState.HERE) return;
    peer.state = PeerState.FAILED;
    peer.error = error;
    this.failAll(at, (op) => this.needs(op, at, true));
  }

  // ── Arrivals ───────────────────────────────────────────────────────────────────────────────────────────────────────

  private arrive(from: number, frame: Frame): EngineLanding | null {
    const eager = frame.kind === FrameKind.EAGER;
    if (eager) this.takeCredit(from, frame);
    const context = this.contexts.get(frame.context);
    if (context === undefined) {
      const message = new Message(from, frame, !eager, (frame.flags & FrameFlag.SYNCHRONOUS) !== 0);
      this.postpone({ frame: frame.clone(), message });
      return message.complete ? null : new EngineLanding(message.segments, frame.bytes, null, message, null);
    }
    if (context.endpoints[frame.source] !== from) {
      throw errors.protocol(`a message said to come from rank ${frame.source} of ${context.owner.name}`);
    }
    context.owner.inspect(frame);
    const op = context.posted.take(frame.source, frame.tag);
    if (op === null) {
      const message = new Message(from, frame, !eager, (frame.flags & FrameFlag.SYNCHRONOUS) !== 0);
      this.queue(context, message);
      return message.complete ? null : new EngineLanding(message.segments, frame.bytes, null, message, null);
    }
    if (!eager) {
      this.grant(
        op,
        from,
        frame.id,
        { format: frame.format, dtype: frame.dtype, meta: frame.meta, bytes: frame.total },
        frame,
      );
      return null;
    }
    this.giveBack(from, frame.bytes + frame.meta.byteLength + MESSAGE_COST);
    if ((frame.flags & FrameFlag.SYNCHRONOUS) !== 0) this.answer(from, FrameKind.MATCHED, frame.id);
    const bytes = frame.bytes;
    const reception = this.tryLand(op, frame, frame);
    if (reception === null)
      return bytes === 0 ? null : new EngineLanding([new Uint8Array(bytes)], bytes, null, null, null);
    op.reception = reception;
    op.total = bytes;
    op.received = 0;
    if (bytes === 0) {
      this.finish(op);
      return null;
    }
    return new EngineLanding(reception.segments, bytes, op, null, null);
  }

  /** A message that nobody waits for yet. */
  private queue(context: Context, message: Message): void {
    let wanted: ProbeOperation | null = null;
    for (const probe of context.probes) {
      if (!matches(probe.source, probe.tag, message.source, message.tag)) continue;
      context.probes.delete(probe);
      if (probe.matched) {
        wanted = probe;
        break;
      }
      probe.found(message);
    }
    if (wanted === null) context.unexpected.add(message);
    else wanted.found(message);
  }

  private postpone(entry: Early): void {
    const { context } = entry.frame;
    const early = this.early.get(context);
    if (early === undefined) this.early.set(context, [entry]);
    else early.push(entry);
  }

  private deliverEarly(context: Context, frame: Frame, message: Message | null): void {
    if (message === null) {
      context.owner.revoked(frame.source, frame.meta);
      return;
    }
    context.owner.inspect(frame);
    this.queue(context, message);
  }

  /** A receive takes a message that came before it. */
  private consume(message: Message, op: ReceiveOperation): void {
    if (message.rendezvous) {
      this.grant(op, message.peer, message.id, message, message);
      return;
    }
    this.giveBack(message.peer, message.bytes + message.meta.byteLength + MESSAGE_COST);
    if (message.synchronous) this.answer(message.peer, FrameKind.MATCHED, message.id);
    if (message.complete) this.adopt(message, op);
    else {
      message.receiver = op;
      this.hold(op, true);
    }
  }

  private adopt(message: Message, op: ReceiveOperation): void {
    if (!op.pending) return;
    try {
      op.adopt(message, message.source, message.tag, message.payload);
    } catch (error) {
      op.fail(errors.asMpiError(error));
      return;
    }
    op.complete();
  }

  /** Matched with a rendezvous message: asks for its payload. */
  private grant(op: ReceiveOperation, from: number, id: number, head: PacketLike, { source, tag }: Envelope): void {
    const reception = this.tryLand(op, head, { source, tag });
    const frame = this.frame.reset();
    frame.kind = FrameKind.GRANT;
    frame.id = id;
    if (reception === null) {
      frame.flags = FrameFlag.REFUSED;
      this.transport.send(from, frame, NO_SEGMENTS, null);
      return;
    }
    op.reception = reception;
    op.total = head.bytes;
    op.received = 0;
    op.peer = from;
    if (head.bytes > 0) {
      frame.peerId = op.id = this.nextId();
      this.receives.set(op.id, op);
      this.hold(op, true);
    }
    this.transport.send(from, frame, NO_SEGMENTS, null);
    if (head.bytes === 0) this.finish(op);
  }

  private tryLand(op: ReceiveOperation, head: PacketLike, { source, tag }: Envelope) {
    try {
      return op.land(head, source, tag);
    } catch (error) {
      op.fail(errors.asMpiError(error));
      return null;
    }
  }

  private data(from: number, frame: Frame): EngineLanding {
    const op = this.receives.get(frame.peerId);
    if (op === undefined || op.peer !== from || frame.bytes === 0 || op.received + frame.bytes > op.total) {
      throw errors.protocol(`data for a transfer ${frame.peerId} that does not want them`);
    }
    // A receive that was given up in the middle still takes its data, into nowhere.
    const segments = op.pending
      ? cut((op.reception as { segments: readonly Uint8Array[] }).segments, op.received, frame.bytes)
      : [new Uint8Array(frame.bytes)];
    return new EngineLanding(segments, frame.bytes, op, null, null);
  }

  private finish(op: ReceiveOperation): void {
    if (op.id !== 0) this.receives.delete(op.id);
    const reception = op.reception;
    op.reception = null;
    if (!op.pending || reception === null) return;
    try {
      op.landed(reception);
    } catch (error) {
      op.fail(errors.asMpiError(error));
      return;
    }
    op.complete();
  }

  // ── Answers ────────────────────────────────────────────────────────────────────────────────────────────────────────

  private granted(from: number, frame: Frame): null {
    const { flags, peerId } = frame;
    const op = this.answered(from, frame.id);
    if (op === undefined) return null;
    op.granted = true;
    op.peerId = peerId;
    if ((flags & FrameFlag.REFUSED) !== 0 || op.packet.bytes === 0) this.transferred(op);
    else if (!op.pending) this.withdrawn(from, op);
    else this.pump(op);
    return null;
  }

  private transferred(op: SendOperation): void {
    this.sends.delete(op.id);
    op.complete();
  }

  /** The payload of a matched message goes out, a few fragments at a time. HOT (bench: bandwidth). */
  private pump(op: SendOperation): void {
    const to = op.context.endpoints[op.dest] as number;
    while (op.segment < op.packet.segments.length && op.inFlight < FRAGMENTS_IN_FLIGHT) {
      const segments = nextFragment(op, this.fragmentBytes);
      let bytes = 0;
      for (const segment of segments) bytes += segment.byteLength;
      if (bytes === 0) break;
      const frame = this.frame.reset();
      frame.kind = FrameKind.DATA;
      frame.peerId = op.peerId;
      frame.bytes = bytes;
      if (!this.transport.send(to, frame, segments, op)) op.inFlight++;
    }
    if (op.segment >= op.packet.segments.length && op.inFlight === 0) this.transferred(op);
  }

  /** A send was given up before its receiver matched it: the receiver must not wait for data. */
  private withdrawn(from: number, op: SendOperation): void {
    this.sends.delete(op.id);
    const frame = this.frame.reset();
    frame.kind = FrameKind.CANCEL;
    frame.peerId = op.peerId;
    this.transport.send(from, frame, NO_SEGMENTS, null);
  }

  private cancelRequested(from: number, frame: Frame): null {
    if (frame.peerId !== 0) {
      const op = this.receives.get(frame.peerId);
      if (op === undefined || op.peer !== from) return null;
      this.receives.delete(frame.peerId);
      op.fail(errors.withdrawnBySender(op.describe(), from));
      return null;
    }
    const { id } = frame;
    const context = this.contexts.get(frame.context);
    const message = context?.unexpected.search(frame.source, frame.tag, (m) => m.id === id && m.peer === from);
    if (context === undefined || message === null || message === undefined) return null;
    context.unexpected.remove(message);
    if (!message.rendezvous) this.giveBack(from, message.bytes + message.meta.byteLength + MESSAGE_COST);
    this.answer(from, FrameKind.CANCELLED, id);
    return null;
  }

  private revoked(frame: Frame, payload: Uint8Array): void {
    const context = this.contexts.get(frame.context);
    if (context === undefined) {
      frame.meta = payload;
      this.postpone({ frame, message: null });
    } else context.owner.revoked(frame.source, payload);
  }

  private inquired(from: number, frame: Frame): void {
    const context = this.contexts.get(frame.context);
    // A communicator that is not made here yet: nobody can have called anything on it that disagrees.
    if (context !== undefined && context.endpoints[frame.source] === from) context.owner.inspect(frame);
  }

  private left(from: number): void {
    const peer = this.peerAt(from);
    if (peer.state !== PeerState.HERE) return;
    peer.state = PeerState.LEFT;
    this.failAll(from, (op) => this.needs(op, from, false));
    // Wildcard receives that nobody can satisfy any more are no reason to stay.
    for (const op of this.pending()) {
      if (!op.held || !('source' in op)) continue;
      const { source, context } = op as ReceiveOperation | ProbeOperation;
      if (source === ANY_SOURCE && !this.canArrive(context, source)) {
        op.held = false;
        this.liveness.release();
      }
    }
    this.onLeft(from);
  }

  // ── Small things ───────────────────────────────────────────────────────────────────────────────────────────────────

  private cancelConfirmed(from: number, id: number): void {
    const op = this.answered(from, id);
    if (op === undefined) return;
    this.sends.delete(id);
    op.cancelled();
  }

  /** The send that an answer of `from` is about; undefined for one that was given up. */
  private answered(from: number, id: number): SendOperation | undefined {
    const op = this.sends.get(id);
    if (op === undefined || op.granted || op.context.endpoints[op.dest] !== from) return undefined;
    return op;
  }

  private answer(to: number, kind: FrameKind, id: number): void {
    const frame = this.frame.reset();
    frame.kind = kind;
    frame.id = id;
    this.transport.send(to, frame, NO_SEGMENTS, null);
  }

  /** Counts an eager message against its sender's credit: what it may not send breaks the protocol. */
  private takeCredit(from: number, frame: Frame): void {
    if (frame.bytes > this.eagerLimit) throw errors.protocol(`an eager message of ${frame.bytes} bytes`);
    const peer = this.peerAt(from);
    peer.kept += frame.bytes + frame.meta.byteLength + MESSAGE_COST;
    if (peer.kept > this.credit) throw errors.protocol(`eager messages of ${peer.kept} bytes beyond the credit`);
  }

  /** An eager message of `to` is consumed: its credit goes back, many messages at a time. */
  private giveBack(to: number, cost: number): void {
    const peer = this.peerAt(to);
    peer.owed += cost;
    if (peer.owed < this.credit >> 2) return;
    const frame = this.frame.reset();
    frame.kind = FrameKind.CREDIT;
    frame.total = peer.owed;
    peer.kept -= peer.owed;
    peer.owed = 0;
    this.transport.send(to, frame, NO_SEGMENTS, null);
  }

  private prepare(kind: FrameKind, context: Context): Frame {
    const frame = this.frame.reset();
    frame.kind = kind;
    frame.context = context.id;
    frame.source = context.rank;
    return frame;
  }

  private stamp(stamp: Frame, context: Context): Frame {
    const frame = this.prepare(FrameKind.EAGER, context);
    frame.collective = stamp.collective;
    frame.op = stamp.op;
    frame.algorithm = stamp.algorithm;
    frame.callDtype = stamp.callDtype;
    frame.root = stamp.root;
    frame.count = stamp.count;
    return frame;
  }

  private register(op: SendOperation): number {
    op.id = this.nextId();
    this.sends.set(op.id, op);
    return op.id;
  }

  /** Ids are 32 bits and never 0; those still in use after a turn are skipped. */
  private nextId(): number {
    do {
      this.ids = (this.ids + 1) >>> 0;
    } while (this.ids === 0 || this.sends.has(this.ids) || this.receives.has(this.ids));
    return this.ids;
  }

  private hold(op: Operation, alive: boolean): void {
    if (!alive || op.held || op.state !== OpState.PENDING) return;
    op.held = true;
    this.liveness.hold();
  }

  private peerAt(endpoint: number): Peer {
    const peer = this.peers[endpoint];
    invariant(peer !== undefined, 'no such endpoint', endpoint);
    return peer;
  }

  /** Whether somebody else is still there who could send what is asked for. */
  private canArrive(context: Context, source: number): boolean {
    if (source !== ANY_SOURCE) return context.endpoints[source] !== this.self;
    return context.endpoints.some((peer) => peer !== this.self && this.peerAt(peer).state === PeerState.HERE);
  }

  private failedIn(context: Context): number | null {
    for (const peer of context.endpoints) if (this.peerAt(peer).state === PeerState.FAILED) return peer;
    return null;
  }

  private goneError(op: Operation, endpoint: number): MpiError {
    const peer = this.peerAt(endpoint);
    const rank = op.context.endpoints.indexOf(endpoint);
    return peer.state === PeerState.LEFT
      ? errors.peerLeft(op.describe(), rank, op.context.rank)
      : errors.peerFailed(op.describe(), rank, op.context.rank, peer.error);
  }

  /** Whether `op` can't complete without `endpoint`; a wildcard receive can't be sure any more once a peer has failed. */
  private needs(op: Operation, endpoint: number, failed: boolean): boolean {
    const { endpoints } = op.context;
    if ('dest' in op) return endpoints[(op as SendOperation).dest] === endpoint;
    const { source, peer } = op as ReceiveOperation;
    if (peer === endpoint) return true;
    if (source === ANY_SOURCE) return failed && (peer === undefined || peer < 0) && endpoints.includes(endpoint);
    return endpoints[source] === endpoint;
  }

  private failAll(endpoint: number, needed: (op: Operation) => boolean): void {
    for (const op of [...this.pending()]) if (needed(op)) this.failOperation(op, this.goneError(op, endpoint));
  }

  private *pendingIn(context: Context): Iterable<Operation> {
    for (const op of [...this.pending()]) if (op.context === context) yield op;
  }

  private failOperation(op: Operation, error: MpiError): void {
    if ('packet' in op) this.sends.delete((op as SendOperation).id);
    else this.withdraw(op as ReceiveOperation | ProbeOperation);
    op.fail(error);
  }
}

/** A message, or a REVOKE (its sentence in the frame's meta), for a context that is still to be opened. */
interface Early {
  readonly frame: Frame;
  readonly message: Message | null;
}

interface Envelope {
  readonly source: number;
  readonly tag: number;
}

interface PacketLike {
  readonly format: number;
  readonly dtype: number;
  readonly meta: Uint8Array;
  readonly bytes: number;
}
