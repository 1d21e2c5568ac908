/**
 * One send or receive, from its call to its end. The engine drives it; whoever waits for it is told once.
 *
 * pending → done | failed | cancelled; the last three are final.
 */
import type { MpiError } from '../errors.ts';
import type { Delivery } from '../transport/transport.ts';
import type { Frame } from '../wire/frame.ts';
import type { Packet, PacketHead, Reception } from '../wire/packet.ts';
import { elementCount } from '../wire/value.ts';
import type { Context } from './context.ts';
import type { Linked } from './lanes.ts';
import type { Message } from './message.ts';

export const OpState = { PENDING: 0, DONE: 1, FAILED: 2, CANCELLED: 3 } as const;
export type OpState = (typeof OpState)[keyof typeof OpState];

/** Takes the stack of the code that waits for an operation. */
export type Locate = (stack: string) => void;

/** Something under way, as far as whoever waits for it looks at it: an operation of the engine, or a collective. */
export interface Work {
  readonly state: OpState;
  readonly pending: boolean;
  /** Of what is done. */
  readonly value: unknown;
  /** Of what has failed. */
  readonly error: unknown;
  waiter: Waiter | null;
}

/** Whoever waits for some work. */
export interface Waiter {
  /**
   * The work has ended. With a request to say where it is waited for it has not: who waits on is to become its `waiter` again. It is no longer
   * when this is called.
   */
  woken(locate: Locate | undefined): void;
}

export abstract class Operation implements Work {
  state: OpState = OpState.PENDING;
  error: MpiError | undefined;
  /** What whoever waits gets: the received value, the probed status; undefined for sends. */
  value: unknown = undefined;
  /** Counts as a reason to stay alive: somebody who is there can still complete it. */
  held = false;
  waiter: Waiter | null = null;
  /** Ends with the operation: its timer, its abort listener. */
  guard: { release(): void } | null = null;
  readonly context: Context;

  constructor(context: Context) {
    this.context = context;
  }

  get pending(): boolean {
    return this.state === OpState.PENDING;
  }

  /** What the program waits for: the operation itself, or the call that it is a part of; null where that is not known. */
  get awaited(): Work | null {
    return this;
  }

  /** Final states; each is entered once. */
  complete(): void {
    this.settle(OpState.DONE);
  }

  fail(error: MpiError): void {
    this.error = error;
    this.settle(OpState.FAILED);
  }

  cancelled(): void {
    this.settle(OpState.CANCELLED);
  }

  private settle(state: OpState): void {
    if (this.state !== OpState.PENDING) return;
    this.state = state;
    if (this.held) {
      this.held = false;
      this.context.engine.liveness.release();
    }
    if (this.guard !== null) this.guard.release();
    const { waiter } = this;
    if (waiter === null) return;
    this.waiter = null;
    waiter.woken(undefined);
  }

  /** In messages about it: `recv(source 3, tag 5)`. */
  abstract describe(): string;

  /** Where all ranks of a job are spoken of: also on which communicator, and which rank is ours there. */
  report(): string {
    const { owner, rank } = this.context;
    return owner.name === 'world' ? this.describe() : `${this.describe()} as rank ${rank} of ${owner.name}`;
  }
}

/**
 * On whose behalf something is sent or received: the program's, or that of a collective. What differs between operations is in here rather
 * than in subclasses, as V8 is quick with objects of one kind only.
 */
export interface Caller<Op extends Operation> {
  /** As {@link Operation.describe}. */
  title(op: Op): string;
  /** As {@link Operation.awaited}. */
  work(op: Op): Work | null;
  /** What it fails with. */
  explain(error: MpiError, op: Op): MpiError;
}

/** Sends one packet. `fingerprint` fields of a collective call stand in `stamp`. */
export class SendOperation extends Operation implements Delivery {
  readonly caller: Caller<SendOperation>;
  /** The public call that it is a part of. */
  readonly call: string;
  readonly dest: number;
  readonly tag: number;
  packet: Packet;
  /** Done only once the receiver has matched it. */
  readonly synchronous: boolean;
  readonly stamp: Frame | null;
  /** Names it on the wire while an answer is awaited; 0 before. */
  id = 0;
  /** An eager message that is synchronous: still to come before it is done. */
  awaitsMatch = false;
  awaitsSent = false;
  /** Rendezvous: the receiver's operation, once it has matched. */
  peerId = 0;
  granted = false;
  /** Rendezvous: how far the payload was handed to the transport. */
  segment = 0;
  offset = 0;
  inFlight = 0;

  constructor(
    context: Context,
    caller: Caller<SendOperation>,
    call: string,
    packet: Packet,
    dest: number,
    tag: number,
    synchronous: boolean,
    stamp: Frame | null,
  ) {
    super(context);
    this.caller = caller;
    this.call = call;
    this.packet = packet;
    this.dest = dest;
    this.tag = tag;
    this.synchronous = synchronous;
    this.stamp = stamp;
  }

  /** Eager, and nothing to wait for but the transport: it says that the system has the message, or that the peer is lost. */
  get departing(): boolean {
    return this.awaitsSent && !this.awaitsMatch;
  }

  sent(): void {
    this.context.engine.sendDelivered(this);
  }

  override get awaited(): Work | null {
    return this.caller.work(this);
  }

  override fail(error: MpiError): void {
    super.fail(this.caller.explain(error, this));
  }

  override describe(): string {
    return this.caller.title(this);
  }
}

/** Whoever receives: it says what becomes of the bytes of a message. */
export interface Receiver extends Caller<ReceiveOperation> {
  /**
   * All of a short payload is there, from `at` on, for the length of the call: takes the value from it, where that is quick. False: nothing was
   * touched, and the way is that of all payloads.
   */
  take(op: ReceiveOperation, head: PacketHead, memory: DataView, at: number): boolean;
  /**
   * Where the payload lands. Throws an MpiError where the message can't be taken (too long, another type): it is consumed then, and nothing
   * touched.
   */
  land(op: ReceiveOperation, head: PacketHead): Reception;
  /**
   * The payload sits in private memory already: takes the value from it, or throws as `land` does.
   *
   * @returns whether that memory is free again; else it may have become part of the value.
   */
  adopt(op: ReceiveOperation, head: PacketHead, payload: Uint8Array): boolean;
}

/** Told of the message, once a receive is matched with one. */
export interface Envelope {
  set(source: number, tag: number, bytes: number, count: number): unknown;
}

/** Receives one message. */
export class ReceiveOperation extends Operation implements Linked {
  readonly caller: Receiver;
  /** The public call that it is a part of. */
  readonly call: string;
  /** Where the value is wanted: for the caller to know. */
  readonly into: unknown;
  envelope: Envelope | null;
  readonly links: (Linked | null)[] = [null, null];
  order = 0;
  queued = false;
  readonly source: number;
  readonly tag: number;
  /** Rendezvous: names it on the wire while data come; 0 before. */
  id = 0;
  peer = -1;
  reception: Reception | null = null;
  total = 0;
  received = 0;
  /** Of the message that it was matched with; before, what it asks for, and no format. */
  actualSource: number;
  actualTag: number;
  format = 0;
  dtype = 0;

  constructor(
    context: Context,
    caller: Receiver,
    call: string,
    source: number,
    tag: number,
    into: unknown,
    envelope: Envelope | null,
  ) {
    super(context);
    this.caller = caller;
    this.call = call;
    this.source = this.actualSource = source;
    this.tag = this.actualTag = tag;
    this.into = into;
    this.envelope = envelope;
  }

  /** It was matched: with this message. HOT (bench: latency, rate). */
  matched(head: PacketHead, source: number, tag: number): void {
    this.actualSource = source;
    this.actualTag = tag;
    this.format = head.format;
    this.dtype = head.dtype;
    this.total = head.bytes;
    if (this.envelope !== null) this.tell(this.envelope);
  }

  /** Fills `envelope`: now, or once there is a message. */
  tell(envelope: Envelope): void {
    this.envelope = envelope;
    const { format, dtype, total: bytes } = this;
    if (format === 0) return;
    envelope.set(this.actualSource, this.actualTag, bytes, elementCount({ format, dtype, bytes }));
  }

  override get awaited(): Work | null {
    return this.caller.work(this);
  }

  override fail(error: MpiError): void {
    super.fail(this.caller.explain(error, this));
  }

  override describe(): string {
    return this.caller.title(this);
  }
}

/** Waits until a message that fits has arrived, and leaves it there. */
export abstract class ProbeOperation extends Operation {
  readonly source: number;
  readonly tag: number;
  /** Takes the message out for its owner alone (MPI_Mprobe). */
  readonly matched: boolean;

  constructor(context: Context, source: number, tag: number, matched: boolean) {
    super(context);
    this.source = source;
    this.tag = tag;
    this.matched = matched;
  }

  abstract found(message: Message): void;
}
