/**
 * The protocol: which frame follows from which call or frame. A state machine without I/O and without promises, so a test
 * can drive it with arrays.
 *
 * Small messages go at once (eager), as long as the receiver's memory for unexpected messages lasts: each endpoint has a
 * credit with every other, which comes back when its messages are consumed. Large ones, and small ones beyond the credit,
 * announce themselves (REQUEST) and send their payload when a receive has matched (GRANT, DATA). Envelopes of both ways travel
 * in order on one link, so matching in order of arrival is non-overtaking (MPI 4.1, section 3.5).
 *
 * The two directions are in sending.ts and receiving.ts; here is what concerns contexts and peers as a whole.
 */
import type { Clock } from '../base/clock.ts';
import { invariant } from '../base/invariant.ts';
import * as errors from '../errors.ts';
import { isMpiError, type MpiError } from '../errors.ts';
import type { FrameSink, Landing } from '../transport/transport.ts';
import { type Frame, FrameKind } from '../wire/frame.ts';
import { Context, type ContextOptions } from './context.ts';
import { Contexts } from './contexts.ts';
import { type Early, EarlyFrames } from './early.ts';
import { ANY_SOURCE } from './envelope.ts';
import { EngineLanding } from './landing.ts';
import type { Message } from './message.ts';
import { type Operation, type ProbeOperation, ReceiveOperation, SendOperation } from './operation.ts';
import { type Peer, PeerState } from './peers.ts';
import { type EngineOptions, type Liveness, Port } from './port.ts';
import { Receiving } from './receiving.ts';
import { Sending } from './sending.ts';

export type { EngineOptions, Liveness } from './port.ts';

/** A REVOKE carries a sentence, no more. */
const MAX_REVOKE_BYTES = 16 * 1024;
export class Engine implements FrameSink {
  private readonly port: Port;
  private readonly sending: Sending;
  private readonly receiving: Receiving;
  private readonly contexts = new Contexts();
  private readonly early = new EarlyFrames();
  /** Contexts that were given up before all that was sent in them had come: what still comes is refused, and whether the sender is told. */
  private readonly buried = new Map<number, boolean>();

  /** A link broke; the process finds out why and answers with {@link peerFailed}. */
  onLost: (peer: number, reason: Error) => void;
  /** A peer has left its script. */
  onLeft: (peer: number) => void = () => {};

  constructor(options: EngineOptions) {
    this.port = new Port(options);
    this.sending = new Sending(this.port);
    this.receiving = new Receiving(this.port);
    this.onLost = (peer, reason) => {
      this.peerFailed(peer, isMpiError(reason) ? reason : errors.lostPeer(peer, reason.message, reason));
    };
    this.port.transport.attach(this);
  }

  get self(): number {
    return this.port.self;
  }

  /** How many endpoints there are, ourselves among them. */
  get endpoints(): number {
    return this.port.endpoints;
  }

  get clock(): Clock {
    return this.port.clock;
  }

  peer(endpoint: number): Readonly<Peer> {
    return this.port.peerAt(endpoint);
  }

  get liveness(): Liveness {
    return this.port.liveness;
  }

  // ── Contexts ───────────────────────────────────────────────────────────────────────────────────────────────────────

  open(id: number, options: ContextOptions): Context {
    invariant(this.contexts.get(id) === undefined && !this.buried.has(id), 'context opened twice', id);
    const context = new Context(this, id, options);
    this.contexts.add(context);
    for (const entry of this.early.take(id)) this.replay(context, entry);
    return context;
  }

  private replay(context: Context, { from, frame, message }: Early): void {
    const { owner, endpoints } = context;
    if (endpoints[frame.source] !== from) return this.onLost(from, foreign(frame, context));
    if (frame.kind === FrameKind.REVOKE) {
      // A communicator opens its contexts while it is being made: it hears that it is unusable when it is complete.
      queueMicrotask(() => owner.revoked(frame.source, frame.tag, frame.meta));
      return;
    }
    owner.inspect(frame);
    if (frame.kind === FrameKind.INQUIRY) return;
    context.tally?.count();
    if (message !== null) this.receiving.enqueue(context, message);
  }

  /** Nothing new can be started in `context`, for `error`; what has been goes on. */
  retire(context: Context, error: MpiError): void {
    context.broken ??= error;
  }

  /**
   * Ends a context. Messages that nobody has received are refused.
   *
   * @param unmatched - what receives and probes that still wait fail with.
   * @param late - messages for it may still come: its number is remembered, and they are refused.
   */
  close(context: Context, unmatched: (op: Operation) => MpiError, late: boolean): void {
    for (const op of [...context.posted, ...context.probes]) this.fail(op, unmatched(op));
    // In a collective, somebody tells everybody why it can't go on: that is what all are to hear.
    const tells = context.tally !== null;
    for (const message of [...context.unexpected]) {
      context.unexpected.remove(message);
      this.receiving.refuse(message, tells);
    }
    this.contexts.remove(context);
    if (late) this.buried.set(context.id, tells);
  }

  /** Fails everything that waits in `context`, and everything that is tried there from now on. */
  break(context: Context, error: MpiError): void {
    context.broken ??= error;
    for (const op of [...this.pending()]) if (op.context === context && !departing(op)) this.fail(op, error);
  }

  /** Tells `rank`, for which we wait, which call of ours `stamp` waits in: it compares. False: it is not there any more. */
  inquire(context: Context, rank: number, number: number, stamp: Frame): boolean {
    const peer = context.endpoints[rank] as number;
    if (this.port.peerAt(peer).state !== PeerState.HERE) return false;
    const frame = this.port.prepareStamped(FrameKind.INQUIRY, context, stamp);
    frame.tag = number;
    this.port.post(peer, frame);
    return true;
  }

  /** Tells every other rank of `context` that it is unusable since collective `number`. */
  revoke(context: Context, number: number, payload: Uint8Array): void {
    for (const peer of context.endpoints) {
      if (peer === this.self || this.port.peerAt(peer).state !== PeerState.HERE) continue;
      const frame = this.port.prepareIn(FrameKind.REVOKE, context);
      frame.tag = number;
      frame.bytes = payload.byteLength;
      this.port.transport.send(peer, frame, [payload], null);
    }
  }

  // ── Calls ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  send(op: SendOperation): void {
    this.sending.start(op);
  }

  /** Asks the receiver to forget a send; the operation becomes `cancelled` unless it is matched first. */
  requestCancel(op: SendOperation): void {
    this.sending.requestCancel(op);
  }

  /** The memory of a send, or of its fragment, may be changed again. */
  sendDelivered(op: SendOperation): void {
    this.sending.delivered(op);
  }

  receive(op: ReceiveOperation): void {
    this.receiving.start(op);
  }

  /** Takes the payload of a message that was taken out of the queue before. */
  receiveMessage(message: Message, op: ReceiveOperation): void {
    this.receiving.consume(message, op);
  }

  probe(op: ProbeOperation): void {
    this.receiving.probe(op);
  }

  /** The message that a receive would get now, left where it is. */
  peek(context: Context, source: number, tag: number): Message | null {
    return context.unexpected.find(source, tag);
  }

  /** The same, taken out of the queue: nobody else can receive it. */
  extract(context: Context, source: number, tag: number): Message | null {
    return this.receiving.extract(context, source, tag);
  }

  /** Withdraws a receive or probe. False: it has been matched, and will complete. */
  withdraw(op: ReceiveOperation | ProbeOperation): boolean {
    return this.receiving.withdraw(op);
  }

  /** Hands over to the system what was sent, without waiting for the end of the turn. */
  flush(): void {
    this.port.transport.flush();
  }

  /**
   * Says good-bye to everybody: nothing more will come from here. Answers the endpoints to which there is no link: it is not
   * worth making one for that, somebody else has to tell them.
   */
  leave(): number[] {
    const untold: number[] = [];
    for (let peer = 0; peer < this.endpoints; peer++) {
      if (peer === this.self || this.port.stateOf(peer) === PeerState.FAILED) continue;
      if (this.port.transport.linked(peer)) this.port.post(peer, this.port.prepare(FrameKind.BYE));
      else untold.push(peer);
    }
    this.port.transport.flush();
    return untold;
  }

  /** Everything that waits, for reports. */
  *pending(): Iterable<Operation> {
    for (const context of this.contexts) {
      yield* context.posted;
      yield* context.probes;
    }
    yield* this.sending.pending();
    yield* this.receiving.pending();
  }

  /** What there is of everything that comes and goes, for tests of what is left. */
  census(): Record<'contexts' | 'early' | 'posted' | 'probes' | 'unexpected' | 'transfers', number> {
    return {
      ...this.contexts.census(),
      early: this.early.size,
      transfers: [...this.sending.pending(), ...this.receiving.pending()].length,
    };
  }

  // ── Frames ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** HOT (bench: latency, rate). */
  announce(from: number, frame: Frame, memory?: DataView, at = 0): Landing | null {
    return (this.port.peerAt(from).landing = this.dispatch(from, frame, memory, at));
  }

  /** HOT (bench: latency, bandwidth). */
  landed(from: number, landing: Landing): void {
    const arrived = landing as EngineLanding;
    this.port.peerAt(from).landing = null;
    if (arrived.revoke === null) this.receiving.landed(arrived);
    else this.revoked(from, arrived.revoke, arrived.segments[0] as Uint8Array);
  }

  lost(from: number, reason: Error): void {
    if (this.port.peerAt(from).state === PeerState.HERE) return this.onLost(from, reason);
    for (const op of [...this.sending.pending()]) {
      if (op.context.endpoints[op.dest] === from) this.fail(op, this.port.goneError(op, from));
    }
  }

  private dispatch(from: number, frame: Frame, memory: DataView | undefined, at: number): EngineLanding | null {
    switch (frame.kind) {
      case FrameKind.EAGER:
        this.receiving.admit(from, frame);
        return this.arrive(from, frame, memory, at);
      case FrameKind.REQUEST:
        return this.arrive(from, frame, undefined, 0);
      case FrameKind.DATA:
        return this.receiving.data(from, frame);
      case FrameKind.GRANT:
        this.sending.granted(from, frame);
        return null;
      case FrameKind.MATCHED:
        this.sending.matched(from, frame);
        return null;
      case FrameKind.CREDIT:
        this.sending.creditReturned(from, frame.total);
        return null;
      case FrameKind.CANCEL:
        this.cancelRequested(from, frame);
        return null;
      case FrameKind.CANCELLED:
        this.sending.cancelled(from, frame.id);
        return null;
      case FrameKind.REVOKE:
        if (frame.bytes > MAX_REVOKE_BYTES) throw errors.protocol(`a REVOKE of ${frame.bytes} bytes`);
        if (frame.bytes > 0) return EngineLanding.sentence(frame.clone(), frame.bytes);
        throw errors.protocol('a REVOKE without a sentence');
      case FrameKind.INQUIRY: {
        const context = this.contexts.get(frame.context);
        if (context === undefined) this.postpone({ from, frame: frame.clone(), message: null });
        else if (context.endpoints[frame.source] === from) context.owner.inspect(frame);
        return null;
      }
      case FrameKind.BYE:
        this.peerLeft(from);
        return null;
      default:
        throw errors.protocol(`a frame of unknown kind ${frame.kind}`);
    }
  }

  /** HOT (bench: latency, rate). */
  private arrive(from: number, frame: Frame, memory: DataView | undefined, at: number): EngineLanding | null {
    const context = this.contexts.get(frame.context);
    if (context === undefined) {
      const message = this.receiving.keep(from, frame);
      const tells = this.buried.get(frame.context);
      if (tells !== undefined) this.receiving.refuse(message, tells);
      else this.postpone({ from, frame: frame.clone(), message });
      return message.complete ? null : EngineLanding.keep(message);
    }
    if (context.endpoints[frame.source] !== from) throw foreign(frame, context);
    context.owner.inspect(frame);
    if (context.tally !== null) context.tally.count();
    return this.receiving.arrive(from, frame, context, memory, at);
  }

  /** The message is in its queue, or waits for its context; else it was received before. */
  private cancelRequested(from: number, frame: Frame): void {
    const entry = frame.peerId === 0 ? this.early.find(frame.context, from, frame.id) : undefined;
    if (entry === undefined) return this.receiving.cancelRequested(from, frame, this.contexts.get(frame.context));
    this.receiving.cancel(entry.message as Message);
    entry.message = null;
  }

  private revoked(from: number, frame: Frame, payload: Uint8Array): void {
    const context = this.contexts.get(frame.context);
    if (context !== undefined) return context.owner.revoked(frame.source, frame.tag, payload);
    frame.meta = payload;
    this.postpone({ from, frame, message: null });
  }

  private postpone(entry: Early): void {
    if (!this.buried.has(entry.frame.context)) this.early.add(entry);
  }

  // ── Peers ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A peer is gone for good: whatever needs it fails with `error`. */
  peerFailed(at: number, error: MpiError): void {
    const peer = this.port.peerAt(at);
    if (peer.state !== PeerState.HERE) return;
    peer.state = PeerState.FAILED;
    peer.error = error;
    this.failWhatNeeds(at);
    for (const { endpoints, owner } of this.contexts) if (this.isIn(endpoints, at)) owner.peerFailed();
  }

  /** A peer has said good-bye: nothing more comes from it. */
  peerLeft(from: number): void {
    const peer = this.port.peerAt(from);
    if (peer.state !== PeerState.HERE) return;
    peer.state = PeerState.LEFT;
    this.failWhatNeeds(from);
    // Wildcard receives that nobody can satisfy any more are no reason to stay.
    for (const op of this.pending()) {
      if (!op.held || op instanceof SendOperation) continue;
      const { source, context } = op as ReceiveOperation | ProbeOperation;
      if (source === ANY_SOURCE && !this.receiving.canArrive(context, source)) {
        op.held = false;
        this.liveness.release();
      }
    }
    this.onLeft(from);
  }

  private isIn(endpoints: readonly number[], endpoint: number): boolean {
    return endpoints.length === this.endpoints || endpoints.includes(endpoint);
  }

  private failWhatNeeds(endpoint: number): void {
    for (const op of [...this.pending()]) {
      if (this.needs(op, endpoint)) this.fail(op, this.port.goneError(op, endpoint));
    }
  }

  /** Whether `op` can't complete without `endpoint`; a wildcard receive can't be sure any more once a peer has failed. */
  private needs(op: Operation, endpoint: number): boolean {
    const { endpoints } = op.context;
    if (op instanceof SendOperation && endpoints[op.dest] !== endpoint) return false;
    // What is on its way to one that has left still gets there, or is lost with the link.
    if (op instanceof SendOperation) return !op.departing || this.port.peerAt(endpoint).state === PeerState.FAILED;
    const transferring = op instanceof ReceiveOperation && op.peer >= 0;
    if (transferring) return op.peer === endpoint;
    const { source } = op as ReceiveOperation | ProbeOperation;
    if (source !== ANY_SOURCE) return endpoints[source] === endpoint;
    return this.port.peerAt(endpoint).state === PeerState.FAILED && this.isIn(endpoints, endpoint);
  }

  private fail(op: Operation, error: MpiError): void {
    if (op instanceof SendOperation) this.sending.forget(op);
    else this.receiving.withdraw(op as ReceiveOperation | ProbeOperation);
    op.fail(error);
  }
}

function foreign(frame: Frame, context: Context): MpiError {
  return errors.protocol(`a message said to come from rank ${frame.source} of ${context.owner.name}`);
}

function departing(op: Operation): boolean {
  return op instanceof SendOperation && op.departing;
}
