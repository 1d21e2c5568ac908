/**
 * Several transports behind one: frames to ourselves stay in memory, every other peer has the transport that reaches it
 * best. All of them share our endpoint numbers.
 */
import { invariant } from '../base/invariant.ts';
import type { Frame } from '../wire/frame.ts';
import { MemoryNetwork } from './memory/network.ts';
import type { Delivery, FrameSink, Transport } from './transport.ts';

export class Router implements Transport {
  readonly self: number;
  readonly #loop: Loopback;
  readonly #routes: readonly Transport[];
  readonly #choose: (peer: number) => Transport;

  /**
   * @param self - our endpoint.
   * @param routes - every transport that `choose` may answer; the router attaches, flushes and closes them.
   * @param choose - the transport to a peer, never asked for ourselves; the same one for as long as the link stands,
   *   or frames could overtake each other.
   */
  constructor(self: number, routes: readonly Transport[], choose: (peer: number) => Transport) {
    for (const route of routes) invariant(route.self === self, 'a route of another endpoint', route.self, self);
    this.self = self;
    this.#loop = new Loopback(self);
    this.#routes = routes;
    this.#choose = choose;
  }

  /** The usual case: one transport reaches everybody else. */
  static over(transport: Transport): Router {
    return new Router(transport.self, [transport], () => transport);
  }

  /** A process that has no peers. */
  static alone(): Router {
    return new Router(0, [], (peer) => {
      throw new Error(`no route to ${peer}: there is nobody else`);
    });
  }

  attach(sink: FrameSink): void {
    this.#loop.attach(sink);
    for (const route of this.#routes) route.attach(sink);
  }

  /** HOT (bench: latency). */
  send(peer: number, frame: Frame, segments: readonly Uint8Array[], delivery: Delivery | null): boolean {
    const route = peer === this.self ? this.#loop.transport : this.#choose(peer);
    return route.send(peer === this.self ? 0 : peer, frame, segments, delivery);
  }

  linked(peer: number): boolean {
    return peer === this.self || this.#choose(peer).linked(peer);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#routes.map((route) => route.settled()));
  }

  /** HOT (bench: latency). */
  poll(): boolean {
    let progress = false;
    for (let i = 0; i < this.#routes.length; i++) if (this.#routes[i]!.poll()) progress = true;
    return progress;
  }

  get quick(): boolean {
    return this.#routes.some((route) => route.quick);
  }

  arm(): boolean {
    let quiet = true;
    for (const route of this.#routes) if (!route.arm()) quiet = false;
    return quiet;
  }

  flush(): void {
    for (const route of this.#routes) route.flush();
  }

  async close(): Promise<void> {
    await Promise.all([this.#loop.transport.close(), ...this.#routes.map((route) => route.close())]);
  }
}

/** Frames from an endpoint to itself: a network of one, which knows our endpoint as 0. */
class Loopback {
  readonly self: number;
  readonly transport = new MemoryNetwork(1).transport(0);

  constructor(self: number) {
    this.self = self;
  }

  attach(sink: FrameSink): void {
    const { self } = this;
    this.transport.attach({
      announce: (_, frame) => sink.announce(self, frame),
      landed: (_, landing) => sink.landed(self, landing),
      lost: (_, reason) => sink.lost(self, reason),
    });
  }
}
