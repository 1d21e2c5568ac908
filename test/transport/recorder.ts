/** A sink that keeps everything it is told and can be waited for. */
import type { FrameSink, Landing } from '../../src/transport/transport.ts';
import type { Frame } from '../../src/wire/frame.ts';

export interface Arrival {
  readonly peer: number;
  readonly frame: Frame;
  readonly payload: Buffer;
}

/** Cuts the landing of `bytes` bytes into pieces of these lengths; they add up to `bytes`. */
export type Cut = (bytes: number) => number[];

const whole: Cut = (bytes) => [bytes];

export class Recorder implements FrameSink {
  readonly arrivals: Arrival[] = [];
  readonly losses: { peer: number; reason: Error }[] = [];
  /** Every call in order: `announce 1`, `landed 1`, `lost 2`. */
  readonly calls: string[] = [];
  cut: Cut = whole;
  /** Runs first in every announce; may throw. */
  onAnnounce: (peer: number, frame: Frame) => void = () => {};
  /** Whether a payload that is there already is taken where it stands. */
  takes: () => boolean = () => false;
  onLanded: (arrival: Arrival) => void = () => {};
  readonly #frames = new Map<Landing, Frame>();
  #waiters: { check: () => boolean; resolve: () => void }[] = [];

  announce(peer: number, frame: Frame, memory?: DataView, at = 0): Landing | null {
    this.calls.push(`announce ${peer}`);
    this.onAnnounce(peer, frame);
    if (frame.bytes === 0) {
      this.#arrived({ peer, frame: frame.clone(), payload: Buffer.alloc(0) });
      return null;
    }
    if (memory !== undefined && this.takes()) {
      const there = Buffer.from(memory.buffer, memory.byteOffset + at, frame.bytes);
      this.#arrived({ peer, frame: frame.clone(), payload: Buffer.from(there) });
      return null;
    }
    const landing = { segments: this.cut(frame.bytes).map((length) => new Uint8Array(length)) };
    this.#frames.set(landing, frame.clone());
    return landing;
  }

  landed(peer: number, landing: Landing): void {
    this.calls.push(`landed ${peer}`);
    const frame = this.#frames.get(landing);
    if (frame === undefined) throw new Error('landed without announce');
    this.#frames.delete(landing);
    this.#arrived({ peer, frame, payload: Buffer.concat(landing.segments) });
  }

  lost(peer: number, reason: Error): void {
    this.calls.push(`lost ${peer}`);
    this.losses.push({ peer, reason });
    this.#check();
  }

  /** Resolves as soon as `check` holds, looked at after every arrival and loss. */
  until(check: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push({ check, resolve });
      this.#check();
    });
  }

  async arrived(count: number): Promise<Arrival[]> {
    await this.until(() => this.arrivals.length >= count);
    return this.arrivals;
  }

  async lostPeers(count: number): Promise<number[]> {
    await this.until(() => this.losses.length >= count);
    return this.losses.map(({ peer }) => peer).sort((a, b) => a - b);
  }

  #arrived(arrival: Arrival): void {
    this.arrivals.push(arrival);
    this.onLanded(arrival);
    this.#check();
  }

  #check(): void {
    const done = this.#waiters.filter(({ check }) => check());
    this.#waiters = this.#waiters.filter((waiter) => !done.includes(waiter));
    for (const { resolve } of done) resolve();
  }
}
