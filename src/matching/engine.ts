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
import { invariant } from '../base/invariant.ts';
import * as errors from '../errors.ts';
import { isMpiError, type MpiError } from '../errors.ts';
import type { FrameSink, Landing } from '../transport/transport.ts';
import { type Frame, FrameKind } from '../wire/frame.ts';
import { Context, type ContextOwner } from './context.ts';
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

/** A message, an INQUIRY, or a REVOKE (its sentence in the frame's meta), for a context that is still to be opened. */
interface Early {
  readonly frame: Frame;
  readonly message: Message | null;
}

export class Engine implements FrameSink {
  private readonly port: Port;
  private readonly sending: Sending;
  private readonly receiving: Receiving;
  private readonly contexts = new Map<number, Context>();
  /** Frames for communicators that this process has not made yet, in order of arrival. */
  private readonly early = new Map<number, Early[]>();

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

  get peers(): readonly Peer[] {
    return this.port.peers;
  }

  get liveness(): Liveness {
    return this.port.liveness;
  }

  // ── Contexts ───────────────────────────────────────────────────────────────────────────────────────────────────────

  open(id: number, owner: ContextOwner, endpoints: readonly number[], rank: number): Context {
    invariant(!this.contexts.has(id), 'context opened twice', id);
    const context = new Context(this, id, owner, endpoints, rank);
    this.contexts.set(id, context);
    const early = this.early.get(id) ?? [];
    this.early.delete(id);
    for (const { frame, message } of early) {
      if (frame.kind !== FrameKind.REVOKE) owner.inspect(frame);
      // A communicator opens its contexts while it is being made: it hears that it is unusable when it is complete.
      else queueMicrotask(() => owner.revoked(frame.source, frame.meta));
      if (message !== null) this.receiving.enqueue(context, message);
    }
    return context;
  }

  /** Fails everything that waits in `context`, and everything that is tried there from now on. */
  break(context: Context, error: MpiError): void {
    if (context.broken !== null) return;
    context.broken = error;
    for (const op of [...this.pending()]) if (op.context === context && !departing(op)) this.fail(op, error);
  }

  /** Tells `rank`, for which we wait, which call of ours `stamp` waits in: it compares. */
  inquire(context: Context, rank: number, number: number, stamp: Frame): void {
    const peer = context.endpoints[rank] as number;
    if (this.port.peerAt(peer).state !== PeerState.HERE) return;
    const frame = this.port.prepareStamped(FrameKind.INQUIRY, context, stamp);
    frame.tag = number;
    this.port.post(peer, frame);
  }

  /** Tells every other rank of `context` that it is unusable. */
  revoke(context: Context, payload: Uint8Array): void {
    for (const peer of context.endpoints) {
      if (peer === this.self || this.port.peerAt(peer).state !== PeerState.HERE) continue;
      const frame = this.port.prepareIn(FrameKind.REVOKE, context);
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

  /**
   * Says good-bye to everybody: nothing more will come from here. Answers the endpoints to which there is no link: it is not
   * worth making one for that, somebody else has to tell them.
   */
  leave(): number[] {
    const untold: number[] = [];
    for (const [peer, { state }] of this.peers.entries()) {
      if (peer === this.self || state === PeerState.FAILED) continue;
      if (this.port.transport.linked(peer)) this.port.post(peer, this.port.prepare(FrameKind.BYE));
      else untold.push(peer);
    }
    this.port.transport.flush();
    return untold;
  }

  /** Everything that waits, for reports. */
  *pending(): Iterable<Operation> {
    for (const context of this.contexts.values()) {
      yield* context.posted;
      yield* context.probes;
    }
    yield* this.sending.pending();
    yield* this.receiving.pending();
  }

  // ── Frames ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** HOT (bench: latency, rate). */
  announce(from: number, frame: Frame): Landing | null {
    return (this.port.peerAt(from).landing = this.dispatch(from, frame));
  }

  /** HOT (bench: latency, bandwidth). */
  landed(from: number, landing: Landing): void {
    const arrived = landing as EngineLanding;
    this.port.peerAt(from).landing = null;
    if (arrived.revoke === null) this.receiving.landed(arrived);
    else this.revoked(arrived.revoke, arrived.segments[0] as Uint8Array);
  }

  lost(from: number, reason: Error): void {
    if (this.port.peerAt(from).state === PeerState.HERE) return this.onLost(from, reason);
    for (const op of [...this.sending.pending()]) {
      if (op.context.endpoints[op.dest] === from) this.fail(op, this.port.goneError(op, from));
    }
  }

  private dispatch(from: number, frame: Frame): EngineLanding | null {
    switch (frame.kind) {
      case FrameKind.EAGER:
        this.receiving.admit(from, frame);
        return this.arrive(from, frame);
      case FrameKind.REQUEST:
        return this.arrive(from, frame);
      case FrameKind.DATA:
        return this.receiving.data(from, frame);
      case FrameKind.GRANT:
        this.sending.granted(from, frame);
        return null;
      case FrameKind.MATCHED:
        this.sending.matched(from, frame.id);
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
        if (context === undefined) this.postpone({ frame: frame.clone(), message: null });
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

  private arrive(from: number, frame: Frame): EngineLanding | null {
    const context = this.contexts.get(frame.context);
    if (context === undefined) {
      const message = this.receiving.keep(from, frame);
      this.postpone({ frame: frame.clone(), message });
      return message.complete ? null : EngineLanding.keep(message);
    }
    if (context.endpoints[frame.source] !== from) {
      throw errors.protocol(`a message said to come from rank ${frame.source} of ${context.owner.name}`);
    }
    context.owner.inspect(frame);
    return this.receiving.arrive(from, frame, context);
  }

  /** The message is in its queue, or waits for its context; else it was received before. */
  private cancelRequested(from: number, frame: Frame): void {
    const early = this.early.get(frame.context) ?? [];
    const isMeant = ({ message }: Early) => message !== null && message.id === frame.id && message.peer === from;
    const at = frame.peerId === 0 ? early.findIndex(isMeant) : -1;
    if (at < 0) return this.receiving.cancelRequested(from, frame, this.contexts.get(frame.context));
    const [{ message }] = early.splice(at, 1) as [Early];
    this.receiving.cancel(message as Message);
  }

  private revoked(frame: Frame, payload: Uint8Array): void {
    const context = this.contexts.get(frame.context);
    if (context !== undefined) return context.owner.revoked(frame.source, payload);
    frame.meta = payload;
    this.postpone({ frame, message: null });
  }

  private postpone(entry: Early): void {
    const { context } = entry.frame;
    const early = this.early.get(context);
    if (early === undefined) this.early.set(context, [entry]);
    else early.push(entry);
  }

  // ── Peers ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A peer is gone for good: whatever needs it fails with `error`. */
  peerFailed(at: number, error: MpiError): void {
    const peer = this.port.peerAt(at);
    if (peer.state !== PeerState.HERE) return;
    peer.state = PeerState.FAILED;
    peer.error = error;
    this.failWhatNeeds(at);
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
    return this.port.peerAt(endpoint).state === PeerState.FAILED && endpoints.includes(endpoint);
  }

  private fail(op: Operation, error: MpiError): void {
    if (op instanceof SendOperation) this.sending.forget(op);
    else this.receiving.withdraw(op as ReceiveOperation | ProbeOperation);
    op.fail(error);
  }
}

function departing(op: Operation): boolean {
  return op instanceof SendOperation && op.departing;
}
