/**
 * Frames between processes of one host through memory that they share: a ring for each direction of a pair (README.md in the folder above).
 *
 * It stands on a mesh of sockets, which carries the first frames of every pair, what the two ends of a ring have to say to each other, and
 * everything where there can be no ring. The mesh also knows when a peer is gone.
 */
import { Deferred } from '../../base/deferred.ts';
import { invariant } from '../../base/invariant.ts';
import { brokenPeer, protocol } from '../../errors.ts';
import type { NativeSource } from '../../native/native.ts';
import { type Frame, FrameKind } from '../../wire/frame.ts';
import type { SocketMesh } from '../socket/mesh.ts';
import type { Delivery, FrameSink, Landing, Transport } from '../transport.ts';
import { Consumer } from './consumer.ts';
import { Lane } from './lane.ts';
import { offerMemory, takeOffer } from './offer.ts';
import { Producer, type ProducerOwner } from './producer.ts';
import { offerOf, Signal, signalFrame, signalOf } from './signal.ts';

export interface ShmOptions {
  /** Reaches every peer; the transport attaches to it and closes it. */
  readonly mesh: SocketMesh;
  /** Asked once there is a use for it. */
  readonly native: NativeSource;
  /** A folder on a file system in memory. */
  readonly folder: string;
  /** Bytes of data of a ring, a power of two. */
  readonly capacity: number;
  /** After how many frames to a peer a ring is worth its making: a rank that only says good-bye makes none. */
  readonly offerAfter?: number;
  /** Told once if rings can't be had, and why. */
  readonly onRefused?: (reason: string) => void;
  /** Milliseconds until `close` stops waiting for peers that do not read. */
  readonly closeTimeout?: number;
}

const OFFER_AFTER = 8;
const CLOSE_TIMEOUT = 5_000;

/**
 * So many polls after a frame of a socket look there, too. Where rings carry everything, that would cost more than all else here; and the
 * event loop, which has its turn between two polls now and then, sees the first frame of another.
 */
const SOCKET_POLLS = 64;

export class ShmTransport implements Transport, ProducerOwner {
  readonly self: number;
  readonly #mesh: SocketMesh;
  readonly #options: ShmOptions;
  #sink: FrameSink | undefined;
  /** By peer, as far as they have been heard of. */
  readonly #lanes: (Lane | undefined)[] = [];
  /** By peer, for what is sent through a ring: those of the lanes. */
  readonly #producers: (Producer | undefined)[] = [];
  /** Of all rings that bring something. */
  #consumers: readonly Consumer[] = [];
  /** Those with frames that wait for room, at least. */
  readonly #waiting: Producer[] = [];
  /** Nobody polls: who has something for us has to wake us. */
  #armed = true;
  #socketPolls = SOCKET_POLLS;
  /** Rings are offered: until one can't be. */
  #offering = true;
  #closing: Promise<void> | undefined;
  #closed = false;
  readonly #written = new Deferred<void>();

  constructor(options: ShmOptions) {
    this.self = options.mesh.self;
    this.#mesh = options.mesh;
    this.#options = options;
  }

  attach(sink: FrameSink): void {
    invariant(this.#sink === undefined, 'attach called twice', this.self);
    this.#sink = sink;
    this.#mesh.attach({
      announce: (peer, frame, memory, at) => this.#announce(sink, peer, frame, memory, at),
      landed: (peer, landing) => sink.landed(peer, landing),
      lost: (peer, reason) => this.#lost(peer, reason),
    });
  }

  /** HOT (bench: latency, rate). */
  send(peer: number, frame: Frame, segments: readonly Uint8Array[], delivery: Delivery | null): boolean {
    const producer = this.#producers[peer];
    if (producer !== undefined) return producer.send(frame, segments, delivery);
    if (this.#closed) return true;
    if (frame.kind !== FrameKind.BYE) this.#count(peer);
    this.#socketPolls = SOCKET_POLLS;
    return this.#mesh.send(peer, frame, segments, delivery);
  }

  linked(peer: number): boolean {
    return this.#mesh.linked(peer);
  }

  settled(): Promise<void> {
    return this.#mesh.settled();
  }

  /** HOT (bench: latency, rate). */
  poll(): boolean {
    if (this.#armed) this.#wake();
    let progress = false;
    const consumers = this.#consumers;
    for (let i = 0; i < consumers.length; i++) if (this.#drain(consumers[i]!)) progress = true;
    if (this.#waiting.length > 0 && this.#pumpAll()) progress = true;
    if (this.#socketPolls > 0 && this.#pollSockets()) progress = true;
    return progress;
  }

  /** Where rings carry everything. */
  get quick(): boolean {
    return this.#consumers.length > 0 && this.#socketPolls === 0;
  }

  arm(): boolean {
    this.#armed = true;
    let quiet = this.#mesh.arm();
    for (const consumer of this.#consumers) if (!consumer.sleep()) quiet = false;
    for (const producer of this.#waiting) if (!producer.sleep()) quiet = false;
    return quiet;
  }

  flush(): void {
    this.#mesh.flush();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Ends every link at once, as the death of the process would: nobody here is told. */
  abort(): void {
    this.#closed = true;
    this.#mesh.abort();
    for (const lane of this.#lanes) lane?.end();
    this.#written.resolve();
  }

  /**
   * What is in a ring reaches its receiver, also when we are gone: the memory lasts as long as somebody has it mapped. What waits for room
   * needs us.
   */
  async #close(): Promise<void> {
    this.#closed = true;
    this.#armed = true;
    for (const lane of this.#lanes) {
      lane?.producer?.close();
      lane?.consumer?.stop();
      if (lane !== undefined) this.#serve(lane);
    }
    this.#checkWritten();
    const timer = setTimeout(() => this.#written.resolve(), this.#options.closeTimeout ?? CLOSE_TIMEOUT).unref();
    await this.#written.promise;
    clearTimeout(timer);
    await this.#mesh.close();
    for (const lane of this.#lanes) lane?.end();
  }

  /** How many peers send to us through a ring, and we to them. */
  get rings(): number {
    return this.#lanes.filter((lane) => lane?.producer !== undefined && lane.consumer !== undefined).length;
  }

  #checkWritten(): void {
    if (this.#closed && this.#lanes.every((lane) => lane?.producer?.idle ?? true)) this.#written.resolve();
  }

  #lane(peer: number): Lane {
    return (this.#lanes[peer] ??= new Lane(peer));
  }

  // ── Making a ring ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Counts a frame that goes over the socket. */
  #count(peer: number): void {
    const lane = this.#lane(peer);
    if (++lane.frames !== (this.#options.offerAfter ?? OFFER_AFTER) || !this.#offering) return;
    // The frame that is being sent goes first: making a ring takes a while, the first one most of all.
    setImmediate(() => this.#offer(lane));
  }

  #offer(lane: Lane): void {
    if (this.#closed || lane.lost || !this.#offering) return;
    const native = this.#options.native();
    if (typeof native === 'string') return this.#refused(native);
    try {
      lane.offered = offerMemory(native, this.#options.folder, this.#options.capacity);
    } catch (error) {
      return this.#refused((error as Error).message);
    }
    this.#say(lane.peer, signalFrame(Signal.OFFER, lane.offered.offer));
  }

  #accept(lane: Lane, frame: Frame): void {
    if (lane.incoming !== undefined) throw protocol('a second ring');
    const native = this.#options.native();
    try {
      if (typeof native === 'string') throw new Error(native);
      if (this.#closed) throw new Error('closed');
      lane.incoming = takeOffer(native, offerOf(frame));
      this.#say(lane.peer, signalFrame(Signal.ACCEPTED));
    } catch {
      // The other side says that it was refused: why is of little use there, and mostly the same here.
      this.#say(lane.peer, signalFrame(Signal.REFUSED));
    }
  }

  #answered(lane: Lane, accepted: boolean): void {
    const { offered } = lane;
    if (offered === undefined || lane.producer !== undefined) throw protocol('an answer to no offer of a ring');
    offered.close();
    if (!accepted) {
      offered.memory.release();
      lane.offered = undefined;
      this.#refused(`process ${lane.peer} can't map it`);
      return;
    }
    if (this.#closed) return;
    this.#say(lane.peer, signalFrame(Signal.SWITCH));
    this.#producers[lane.peer] = lane.producer = new Producer(lane.peer, offered.memory, this);
  }

  #switched(lane: Lane): void {
    if (lane.incoming === undefined || lane.consumer !== undefined) throw protocol('a switch to no ring');
    if (this.#closed) return;
    lane.consumer = new Consumer(lane.peer, lane.incoming, this.#sink!, (peer) => this.wakeProducer(peer));
    this.#consumers = [...this.#consumers, lane.consumer];
    this.#serve(lane);
  }

  /** From here on everything else goes over sockets. */
  #refused(reason: string): void {
    if (!this.#offering) return;
    this.#offering = false;
    this.#options.onRefused?.(reason);
  }

  // ── What comes over the sockets ────────────────────────────────────────────────────────────────────────────────────

  #announce(sink: FrameSink, peer: number, frame: Frame, memory?: DataView, at?: number): Landing | null {
    if (frame.kind === FrameKind.RING) {
      this.#hear(this.#lane(peer), frame);
      return null;
    }
    this.#socketPolls = SOCKET_POLLS;
    return sink.announce(peer, frame, memory, at);
  }

  #hear(lane: Lane, frame: Frame): void {
    switch (signalOf(frame)) {
      case Signal.OFFER:
        return this.#accept(lane, frame);
      case Signal.ACCEPTED:
        return this.#answered(lane, true);
      case Signal.REFUSED:
        return this.#answered(lane, false);
      case Signal.SWITCH:
        return this.#switched(lane);
      case Signal.BELL:
        return this.#serve(lane);
    }
  }

  #lost(peer: number, reason: Error): void {
    const lane = this.#lane(peer);
    if (lane.lost) return;
    lane.lost = true;
    let last = reason;
    try {
      // What it had written before it went is all there.
      while (lane.consumer?.drain());
    } catch (error) {
      last = brokenPeer(peer, error);
    }
    this.#consumers = this.#consumers.filter((consumer) => consumer !== lane.consumer);
    lane.end();
    this.#checkWritten();
    if (!this.#closed) this.#sink!.lost(peer, last);
  }

  // ── The rings at work ──────────────────────────────────────────────────────────────────────────────────────────────

  wakeConsumer(peer: number): void {
    this.#say(peer, signalFrame(Signal.BELL));
  }

  wakeProducer(peer: number): void {
    this.#say(peer, signalFrame(Signal.BELL));
  }

  waitsForRoom(producer: Producer): void {
    if (!producer.listed) {
      producer.listed = true;
      this.#waiting.push(producer);
    }
    if (this.#armed && !producer.sleep()) this.#serveSoon(this.#lane(producer.peer));
  }

  #pollSockets(): boolean {
    if (this.#mesh.poll()) {
      this.#socketPolls = SOCKET_POLLS;
      return true;
    }
    if (this.#consumers.length > 0 && --this.#socketPolls === 0) this.#mesh.arm();
    return false;
  }

  /** The peer has woken us. Once nobody polls, it will again. */
  #serve(lane: Lane): void {
    if (lane.lost) return;
    const { consumer, producer } = lane;
    if (consumer !== undefined) {
      if (this.#closed) consumer.discard();
      else this.#drain(consumer);
    }
    if (producer !== undefined) this.#pump(producer);
    if (this.#closed) this.#checkWritten();
    if (!this.#armed) return;
    const quiet = consumer?.sleep() ?? true;
    if (!(producer?.sleep() ?? true) || !quiet) this.#serveSoon(lane);
  }

  /** There is more, and others have their turn before it. */
  #serveSoon(lane: Lane): void {
    if (lane.served) return;
    lane.served = true;
    setImmediate(() => {
      lane.served = false;
      this.#serve(lane);
    });
  }

  #wake(): void {
    this.#armed = false;
    for (const consumer of this.#consumers) consumer.wake();
    for (const producer of this.#waiting) producer.wake();
  }

  /** HOT (bench: latency, rate). */
  #drain(consumer: Consumer): boolean {
    try {
      return consumer.drain();
    } catch (error) {
      this.#break(consumer.peer, error);
      return true;
    }
  }

  #pumpAll(): boolean {
    const waiting = this.#waiting;
    let progress = false;
    // Backwards, as those that wait no longer are taken out; new ones come to the end.
    for (let i = waiting.length - 1; i >= 0; i--) {
      const producer = waiting[i]!;
      if (this.#pump(producer)) progress = true;
      if (!producer.idle) continue;
      producer.listed = false;
      waiting[i] = waiting[waiting.length - 1]!;
      waiting.pop();
    }
    return progress;
  }

  #pump(producer: Producer): boolean {
    try {
      return producer.pump();
    } catch (error) {
      this.#break(producer.peer, error);
      return true;
    }
  }

  /** The peer, or what the layer above makes of what it sent, ends the link. */
  #break(peer: number, error: unknown): void {
    this.#lane(peer).consumer?.stop();
    this.#mesh.link(peer).lose(brokenPeer(peer, error));
  }

  #say(peer: number, frame: Frame): void {
    this.#mesh.send(peer, frame, [], null);
  }
}
