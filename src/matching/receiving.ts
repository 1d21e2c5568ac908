/** The receiver's half of the protocol: arriving messages meet posted receives, and their payloads land. */
import * as errors from '../errors.ts';
import { type Frame, FrameFlag, FrameKind } from '../wire/frame.ts';
import type { PacketHead, Reception } from '../wire/packet.ts';
import type { Context } from './context.ts';
import { ANY_SOURCE, matches } from './envelope.ts';
import { cut } from './fragments.ts';
import { EngineLanding } from './landing.ts';
import { Message } from './message.ts';
import { type ProbeOperation, ReceiveOperation } from './operation.ts';
import { MESSAGE_COST, PeerState } from './peers.ts';
import type { Port } from './port.ts';
import { Spares } from './spares.ts';

export class Receiving {
  private readonly port: Port;
  private readonly spares = new Spares();
  /** Matched with a rendezvous message: their payload comes in, by id. */
  private readonly transfers = new Map<number, ReceiveOperation>();

  constructor(port: Port) {
    this.port = port;
  }

  /** Those that are matched and whose payload is not complete. */
  *pending(): Iterable<ReceiveOperation> {
    for (const op of this.transfers.values()) if (op.pending) yield op;
    for (const { landing } of this.port.known()) {
      const op = landing?.receiver;
      if (op?.pending && op.id === 0) yield op;
    }
  }

  /** Takes the first message that fits, or waits for it. HOT (bench: latency, rate). */
  start(op: ReceiveOperation): void {
    const { context } = op;
    if (context.broken !== null) return op.fail(context.broken);
    const message = this.extract(context, op.source, op.tag);
    if (message !== null) return this.consume(message, op);
    const gone = this.gone(context, op.source);
    if (gone !== null) return op.fail(this.port.goneError(op, gone));
    context.posted.add(op);
    if (this.canArrive(context, op.source)) this.port.hold(op);
  }

  probe(op: ProbeOperation): void {
    const { context } = op;
    if (context.broken !== null) return op.fail(context.broken);
    const message = op.matched ? this.extract(context, op.source, op.tag) : context.unexpected.find(op.source, op.tag);
    if (message !== null) return op.found(message);
    const gone = this.gone(context, op.source);
    if (gone !== null) return op.fail(this.port.goneError(op, gone));
    context.probes.add(op);
    if (this.canArrive(context, op.source)) this.port.hold(op);
  }

  /** Takes a message out of the queue: nobody else can receive it. */
  extract(context: Context, source: number, tag: number): Message | null {
    const message = context.unexpected.find(source, tag);
    if (message !== null) context.unexpected.remove(message);
    return message;
  }

  /** A receive takes a message that came before it. */
  consume(message: Message, op: ReceiveOperation): void {
    if (message.rendezvous) {
      // Its payload was still with the sender.
      const lost = this.port.stateOf(message.peer) === PeerState.FAILED;
      if (lost) return op.fail(this.port.goneError(op, message.peer));
      return this.grant(op, message.peer, message.id, message, message.source, message.tag);
    }
    this.consumed(message.peer, message);
    if (message.synchronous) this.port.answer(message.peer, FrameKind.MATCHED, message.id);
    if (message.complete) return this.adopt(message, op);
    message.receiver = op;
    this.port.hold(op);
  }

  /** Withdraws a receive or probe. False: it has been matched, and will complete. */
  withdraw(op: ReceiveOperation | ProbeOperation): boolean {
    return op instanceof ReceiveOperation ? op.context.posted.remove(op) : op.context.probes.delete(op);
  }

  /** Whether somebody else is still there who could send what is asked for. */
  canArrive({ endpoints }: Context, source: number): boolean {
    const { self } = this.port;
    if (source !== ANY_SOURCE) return endpoints[source] !== self;
    return endpoints.some((peer) => peer !== self && this.port.peerAt(peer).state === PeerState.HERE);
  }

  /** A message that nobody will receive any more. @param tells - its sender is told, where it waits for an answer. */
  refuse(message: Message, tells: boolean): void {
    const { peer, id, rendezvous, synchronous } = message;
    if (!rendezvous) this.consumed(peer, message);
    if (!tells || !(rendezvous || synchronous)) return;
    const frame = this.port.prepare(rendezvous ? FrameKind.GRANT : FrameKind.MATCHED);
    frame.id = id;
    frame.flags = rendezvous ? FrameFlag.FREED | FrameFlag.REFUSED : FrameFlag.FREED;
    this.port.post(peer, frame);
  }

  /**
   * An envelope, of a message that comes with it or waits at its sender. HOT (bench: latency, rate).
   *
   * @param memory - where the payload is, from `at` on, if it is there.
   */
  arrive(from: number, frame: Frame, context: Context, memory: DataView | undefined, at: number): EngineLanding | null {
    const op = context.posted.take(frame.source, frame.tag);
    if (op === null) {
      const message = this.keep(from, frame);
      this.enqueue(context, message);
      return message.complete ? null : EngineLanding.keep(message);
    }
    if (frame.kind === FrameKind.REQUEST) {
      const { format, dtype, meta, total } = frame;
      this.grant(op, from, frame.id, { format, dtype, meta, bytes: total }, frame.source, frame.tag);
      return null;
    }
    const { bytes } = frame;
    this.consumed(from, frame);
    if (memory !== undefined && op.caller.take(op, frame, memory, at)) {
      op.matched(frame, frame.source, frame.tag);
      if ((frame.flags & FrameFlag.SYNCHRONOUS) !== 0) this.port.answer(from, FrameKind.MATCHED, frame.id);
      op.complete();
      return null;
    }
    const reception = this.land(op, frame, frame.source, frame.tag);
    if ((frame.flags & FrameFlag.SYNCHRONOUS) !== 0) this.port.answer(from, FrameKind.MATCHED, frame.id);
    if (reception === null) return bytes === 0 ? null : EngineLanding.nowhere(bytes);
    if (bytes > 0) return EngineLanding.into(op, reception.segments, bytes);
    this.finish(op);
    return null;
  }

  /** Counts an eager message against its sender's credit: what it may not send breaks the protocol. */
  admit(from: number, frame: Frame): void {
    if (frame.bytes > this.port.eagerLimit) throw errors.protocol(`an eager message of ${frame.bytes} bytes`);
    const peer = this.port.peerAt(from);
    peer.kept += costOf(frame);
    if (peer.kept > this.port.credit) throw errors.protocol(`eager messages of ${peer.kept} bytes beyond the credit`);
  }

  /** A message that nobody waits for yet, with memory for its payload. */
  keep(from: number, frame: Frame): Message {
    return new Message(
      from,
      frame,
      frame.kind === FrameKind.REQUEST,
      (frame.flags & FrameFlag.SYNCHRONOUS) !== 0,
      this.spares,
    );
  }

  enqueue(context: Context, message: Message): void {
    for (const probe of context.probes) {
      if (!matches(probe.source, probe.tag, message.source, message.tag)) continue;
      context.probes.delete(probe);
      probe.found(message);
      if (probe.matched) return;
    }
    context.unexpected.add(message);
  }

  /** The next piece of a granted payload. HOT (bench: bandwidth). */
  data(from: number, { peerId, bytes }: Frame): EngineLanding {
    const op = this.transfers.get(peerId);
    if (op === undefined || op.peer !== from || bytes === 0 || op.received + bytes > op.total) {
      throw errors.protocol(`data for a transfer ${peerId} that does not want them`);
    }
    // A receive that was given up in the middle still takes its data, into nowhere.
    if (!op.pending || op.reception === null) return EngineLanding.nowhere(bytes, op);
    return EngineLanding.into(op, cut(op.reception.segments, op.received, bytes), bytes);
  }

  /** HOT (bench: latency, bandwidth). */
  landed({ op, message, bytes }: EngineLanding): void {
    if (op !== null) {
      op.received += bytes;
      if (op.received === op.total) this.finish(op);
    } else if (message !== null) {
      message.complete = true;
      if (message.receiver !== null) this.adopt(message, message.receiver);
    }
  }

  /** A sender asks for a message back, or says that one being transferred will not come. */
  cancelRequested(from: number, frame: Frame, context: Context | undefined): void {
    const { id, peerId } = frame;
    if (peerId !== 0) {
      const op = this.transfers.get(peerId);
      if (op === undefined || op.peer !== from) return;
      this.transfers.delete(peerId);
      op.fail(errors.withdrawnBySender(op.describe(), op.context.endpoints.indexOf(from)));
      return;
    }
    const message = context?.unexpected.search(frame.source, frame.tag, (m) => m.id === id && m.peer === from);
    if (context === undefined || message === null || message === undefined) return;
    context.unexpected.remove(message);
    this.cancel(message);
  }

  /** A message that was in nobody's hands goes back to its sender. */
  cancel(message: Message): void {
    if (!message.rendezvous) this.consumed(message.peer, message);
    this.port.answer(message.peer, FrameKind.CANCELLED, message.id);
  }

  /** Matched with a rendezvous message: asks for its payload. */
  private grant(op: ReceiveOperation, from: number, id: number, head: PacketHead, source: number, tag: number): void {
    const reception = this.land(op, head, source, tag);
    if (reception !== null && head.bytes > 0) {
      op.peer = from;
      op.id = this.port.nextId(this.transfers);
      this.transfers.set(op.id, op);
      this.port.hold(op);
    }
    const frame = this.port.prepare(FrameKind.GRANT);
    frame.id = id;
    if (reception === null) frame.flags = FrameFlag.REFUSED;
    else frame.peerId = op.id;
    this.port.post(from, frame);
    if (reception !== null && head.bytes === 0) this.finish(op);
  }

  /** Asks the receive where the payload goes. `null`: it can't take the message, and has failed. */
  private land(op: ReceiveOperation, head: PacketHead, source: number, tag: number): Reception | null {
    op.matched(head, source, tag);
    try {
      return (op.reception = op.caller.land(op, head));
    } catch (error) {
      op.fail(errors.asMpiError(error));
      return null;
    }
  }

  private adopt(message: Message, op: ReceiveOperation): void {
    if (!op.pending) return;
    op.matched(message, message.source, message.tag);
    try {
      if (op.caller.adopt(op, message, message.payload)) this.spares.giveBack(message.payload);
    } catch (error) {
      return op.fail(errors.asMpiError(error));
    }
    op.complete();
  }

  private finish(op: ReceiveOperation): void {
    if (op.id !== 0) this.transfers.delete(op.id);
    const { reception } = op;
    op.reception = null;
    if (!op.pending || reception === null) return;
    try {
      op.value = reception.value();
    } catch (error) {
      return op.fail(errors.asMpiError(error));
    }
    op.complete();
  }

  /** An eager message of `from` is consumed: its credit goes back, that of many messages at a time. */
  private consumed(from: number, message: PacketHead): void {
    const peer = this.port.peerAt(from);
    peer.owed += costOf(message);
    if (peer.owed < this.port.credit >> 1) return;
    const frame = this.port.prepare(FrameKind.CREDIT);
    frame.total = peer.owed;
    peer.kept -= peer.owed;
    peer.owed = 0;
    this.port.post(from, frame);
  }

  /** The endpoint whose end makes it impossible to receive from `source`; for a wildcard any that has failed. */
  private gone({ endpoints }: Context, source: number): number | null {
    if (source !== ANY_SOURCE) {
      const from = endpoints[source] as number;
      return this.port.peerAt(from).state === PeerState.HERE ? null : from;
    }
    for (const peer of endpoints) if (this.port.peerAt(peer).state === PeerState.FAILED) return peer;
    return null;
  }
}

function costOf({ bytes, meta }: PacketHead): number {
  return bytes + meta.length + MESSAGE_COST;
}
