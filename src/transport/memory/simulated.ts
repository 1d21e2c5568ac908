/**
 * Many endpoints in one process, joined by a modelled network, in virtual time.
 *
 * Everything that is to come waits in a heap. All that is due at one moment happens in one turn of the event loop; what the
 * ranks do about it runs in microtasks, which end before the next turn; only then the clock moves on. So virtual time stands
 * still while a rank computes, and a run depends on nothing but its program and its seed.
 *
 * What happens at the same time is ordered by a hash of the seed, the time and the pair of ranks (without a seed: as it was
 * sent): the frames of a pair keep their order.
 */
import type { Clock, Timer } from '../../base/clock.ts';
import { invariant } from '../../base/invariant.ts';
import { Alarms, type Timekeeper, VirtualClock } from './clock.ts';
import { MemoryFabric } from './fabric.ts';
import { EventHeap } from './heap.ts';
import type { NetworkModel } from './model.ts';
import { type Parcel, Stage } from './parcel.ts';

export interface SimulatedNetworkOptions {
  readonly model: NetworkModel;
  readonly seed?: number | undefined;
}

export class SimulatedNetwork extends MemoryFabric implements Timekeeper {
  readonly #model: NetworkModel;
  readonly #seed: number | undefined;
  readonly #parcels = new EventHeap<Parcel>();
  readonly #alarms = new Alarms();
  /** When each endpoint ended: what had not left it by then never does. */
  readonly #ended: Float64Array;
  #now = 0;
  #order = 0;
  #scheduled = false;
  #stopped = false;

  constructor(size: number, { model, seed }: SimulatedNetworkOptions) {
    super(size);
    this.#model = model;
    this.#seed = seed;
    this.#ended = new Float64Array(size).fill(Infinity);
  }

  /** Virtual time in picoseconds. */
  get now(): number {
    return this.#now;
  }

  override get inFlight(): number {
    return this.#parcels.size + this.#alarms.size;
  }

  /** The clock of endpoint `self`. */
  clock(self: number): Clock {
    return new VirtualClock(this, self);
  }

  at(time: number, owner: number, callback: () => void): Timer {
    const timer = this.#alarms.set(owner, Math.max(time, this.#now), callback);
    this.#schedule();
    return timer;
  }

  /** HOT (bench: scale). */
  override carry(parcel: Parcel): void {
    if (this.#stopped) return;
    const { from, to } = parcel;
    parcel.order = this.#order++;
    const failed = (this.#ended[from] as number) < Infinity;
    const arrives = failed ? this.#model.notice(from, to, this.#now) : this.#model.depart(parcel, this.#now);
    if (parcel.delivery !== null) this.#announceDeparture(parcel);
    this.#next(parcel, Stage.FIRST_BYTE, arrives);
    this.#schedule();
  }

  /** Endpoint `self` ends here and now: what has not left it is lost, its alarms are silent, and its peers hear `reason`. */
  fail(self: number, reason: Error): void {
    this.#ended[self] = this.#now;
    this.#alarms.silence(self);
    this.disconnect(self, reason);
  }

  /** Nothing happens any more. */
  stop(): void {
    this.#stopped = true;
    this.#parcels.clear();
    this.#alarms.clear();
  }

  /** The memory of a payload that was not copied is free when its last byte has left. */
  #announceDeparture(subject: Parcel): void {
    const parcel = this.parcel();
    parcel.subject = subject;
    parcel.stage = Stage.DEPARTED;
    parcel.time = subject.leaves;
    // Before it can arrive.
    parcel.tie = -1;
    parcel.order = this.#order++;
    this.#parcels.push(parcel);
  }

  #next(parcel: Parcel, stage: Stage, time: number): void {
    parcel.stage = stage;
    parcel.time = time;
    parcel.tie = this.#seed === undefined ? 0 : hash(this.#seed, time, parcel.from * this.size + parcel.to);
    this.#parcels.push(parcel);
  }

  #schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    const time = Math.min(this.#parcels.peek()?.time ?? Infinity, this.#alarms.next);
    if (time < Infinity) this.#now = time;
    try {
      for (let top = this.#parcels.peek(); top !== undefined && top.time <= time; top = this.#parcels.peek()) {
        this.#parcels.pop();
        this.#advance(top);
      }
      for (let ring = this.#alarms.due(time); ring !== undefined; ring = this.#alarms.due(time)) ring();
    } finally {
      this.#scheduled = false;
      if (this.inFlight > 0) this.#schedule();
      else this.checkIdle();
    }
  };

  /** Takes a parcel to its next stage, or further where that is at the same time and nobody can come in between. HOT (bench: scale). */
  #advance(parcel: Parcel): void {
    const now = this.#now;
    if (parcel.stage === Stage.DEPARTED) return this.#departed(parcel);
    if (parcel.stage === Stage.FIRST_BYTE) {
      const arrived = this.#model.arrive(parcel, now);
      if (arrived > now) return this.#next(parcel, Stage.LAST_BYTE, arrived);
      parcel.stage = Stage.LAST_BYTE;
    }
    if (parcel.stage === Stage.LAST_BYTE) {
      if (parcel.loss === null && parcel.leaves >= (this.#ended[parcel.from] as number)) return this.drop(parcel);
      const taken = this.#model.take(parcel, now);
      if (taken > now) return this.#next(parcel, Stage.HANDOVER, taken);
    }
    this.deliver(parcel);
  }

  #departed(parcel: Parcel): void {
    const { subject } = parcel;
    invariant(subject !== null && subject.delivery !== null, 'a departure without a parcel', parcel.order);
    this.recycle(parcel);
    if (subject.leaves >= (this.#ended[subject.from] as number)) return;
    const { delivery } = subject;
    subject.delivery = null;
    subject.copy(subject.segments);
    delivery.sent();
  }
}

/** Spreads what happens at one time: 32 bits (the finalizer of MurmurHash3 over the parts). */
function hash(seed: number, time: number, pair: number): number {
  let h = mix(seed ^ mix(pair));
  h = mix(h ^ time);
  return mix(h ^ Math.floor(time / 2 ** 32));
}

function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
