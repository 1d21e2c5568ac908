/** The sender's half of the protocol: eager within the credit, else a request whose payload follows when it is granted. */
import * as errors from '../errors.ts';
import { keep } from '../wire/few.ts';
import { type Frame, FrameFlag, FrameKind } from '../wire/frame.ts';
import { nextFragment } from './fragments.ts';
import type { SendOperation } from './operation.ts';
import { MESSAGE_COST, PeerState } from './peers.ts';
import type { Port } from './port.ts';

/** DATA frames of one message that wait in the transport at the same time. */
const FRAGMENTS_IN_FLIGHT = 2;

export class Sending {
  private readonly port: Port;
  /** Those that wait for an answer or are being transferred, by id. */
  private readonly waiting = new Map<number, SendOperation>();
  /** Eager ones that the system has not got yet. */
  private readonly unsent = new Set<SendOperation>();

  constructor(port: Port) {
    this.port = port;
  }

  *pending(): Iterable<SendOperation> {
    for (const op of this.waiting.values()) if (op.pending) yield op;
    for (const op of this.unsent) if (op.pending && op.departing) yield op;
  }

  /** HOT (bench: latency, rate). */
  start(op: SendOperation): void {
    const { context, packet } = op;
    if (context.broken !== null) return op.fail(context.broken);
    const to = context.endpoints[op.dest] as number;
    const peer = this.port.peerAt(to);
    if (peer.state !== PeerState.HERE) return op.fail(this.port.goneError(op, to));
    const cost = packet.bytes + packet.meta.length + MESSAGE_COST;
    const eager = packet.bytes <= this.port.eagerLimit && peer.outstanding + cost <= this.port.credit;
    const kind = eager ? FrameKind.EAGER : FrameKind.REQUEST;
    const frame =
      op.stamp === null ? this.port.prepareIn(kind, context) : this.port.prepareStamped(kind, context, op.stamp);
    if (context.tally !== null) context.tally.sent[op.dest]!++;
    frame.tag = op.tag;
    frame.format = packet.format;
    frame.dtype = packet.dtype;
    frame.meta = packet.meta;
    if (eager) {
      peer.outstanding += cost;
      frame.bytes = packet.bytes;
      if (op.synchronous) {
        op.awaitsMatch = true;
        frame.flags = FrameFlag.SYNCHRONOUS;
        frame.id = this.register(op);
      }
      if (!this.port.transport.send(to, frame, packet.segments, op)) {
        op.awaitsSent = true;
        this.unsent.add(op);
      } else if (!op.awaitsMatch) return op.complete();
    } else {
      op.packet = keep(packet);
      frame.total = packet.bytes;
      frame.id = this.register(op);
      this.port.post(to, frame);
    }
    // A message to ourselves that only we can receive is no reason to stay.
    if (to !== this.port.self || op.awaitsSent) this.port.hold(op);
  }

  /** The memory of a message, or of a fragment of it, may be changed again. */
  delivered(op: SendOperation): void {
    if (op.granted) {
      op.inFlight--;
      this.pump(op);
    } else {
      op.awaitsSent = false;
      this.unsent.delete(op);
      if (!op.awaitsMatch) op.complete();
    }
  }

  /** Asks the receiver to forget the message; the operation becomes `cancelled` unless it is matched first. */
  requestCancel(op: SendOperation): void {
    if (!op.pending || op.id === 0 || op.granted) return;
    const frame = this.port.prepareIn(FrameKind.CANCEL, op.context);
    frame.tag = op.tag;
    frame.id = op.id;
    this.port.post(op.context.endpoints[op.dest] as number, frame);
  }

  forget(op: SendOperation): void {
    this.waiting.delete(op.id);
    this.unsent.delete(op);
  }

  granted(from: number, { id, flags, peerId }: Frame): void {
    const op = this.answered(from, id);
    if (op === undefined) return;
    if ((flags & FrameFlag.FREED) !== 0) return this.freed(op);
    op.granted = true;
    op.peerId = peerId;
    if ((flags & FrameFlag.REFUSED) !== 0 || op.packet.bytes === 0) this.complete(op);
    else if (op.pending) this.pump(op);
    else {
      // Given up before the receiver matched it: the receiver must not wait for data.
      this.forget(op);
      const frame = this.port.prepare(FrameKind.CANCEL);
      frame.peerId = peerId;
      this.port.post(from, frame);
    }
  }

  matched(from: number, { id, flags }: Frame): void {
    const op = this.answered(from, id);
    if (op === undefined) return;
    if ((flags & FrameFlag.FREED) !== 0) return this.freed(op);
    this.waiting.delete(id);
    op.awaitsMatch = false;
    if (!op.awaitsSent) op.complete();
  }

  /** The receiver has freed the communicator, and nobody there will receive the message. */
  private freed(op: SendOperation): void {
    this.forget(op);
    op.fail(errors.freedUnreceived(op.describe(), op.context.owner.name, op.dest));
  }

  cancelled(from: number, id: number): void {
    const op = this.answered(from, id);
    if (op === undefined) return;
    this.forget(op);
    op.cancelled();
  }

  creditReturned(from: number, bytes: number): void {
    const peer = this.port.peerAt(from);
    if (bytes > peer.outstanding) throw errors.protocol(`more credit from peer ${from} than it had`);
    peer.outstanding -= bytes;
  }

  /** The payload of a matched message goes out, a few fragments at a time. HOT (bench: bandwidth). */
  private pump(op: SendOperation): void {
    const to = op.context.endpoints[op.dest] as number;
    const { segments } = op.packet;
    while (op.segment < segments.length && op.inFlight < FRAGMENTS_IN_FLIGHT) {
      const fragment = nextFragment(op, this.port.fragmentBytes);
      let bytes = 0;
      for (const piece of fragment) bytes += piece.length;
      if (bytes === 0) break;
      const frame = this.port.prepare(FrameKind.DATA);
      frame.peerId = op.peerId;
      frame.bytes = bytes;
      if (!this.port.transport.send(to, frame, fragment, op)) op.inFlight++;
    }
    if (op.segment >= segments.length && op.inFlight === 0) this.complete(op);
  }

  private complete(op: SendOperation): void {
    this.forget(op);
    op.complete();
  }

  private register(op: SendOperation): number {
    op.id = this.port.nextId(this.waiting);
    this.waiting.set(op.id, op);
    return op.id;
  }

  /** The send that an answer of `from` is about; undefined for one that is no more. */
  private answered(from: number, id: number): SendOperation | undefined {
    const op = this.waiting.get(id);
    return op === undefined || op.granted || op.context.endpoints[op.dest] !== from ? undefined : op;
  }
}
