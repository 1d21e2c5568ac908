/** Virtual time: what is due in it, and the clock that each rank sees. */
import type { Clock, Timer } from '../../base/clock.ts';
import { type Due, EventHeap } from './heap.ts';
import { PICOSECONDS } from './model.ts';

const MILLISECOND = PICOSECONDS / 1000;

/** A callback to come. */
class Alarm implements Due, Timer {
  readonly time: number;
  readonly tie = 0;
  readonly order: number;
  readonly owner: number;
  readonly callback: () => void;
  cancelled = false;
  readonly #alarms: Alarms;

  constructor(alarms: Alarms, owner: number, time: number, order: number, callback: () => void) {
    this.#alarms = alarms;
    this.owner = owner;
    this.time = time;
    this.order = order;
    this.callback = callback;
  }

  cancel(): void {
    this.#alarms.cancel(this);
  }
}

/** The alarms of all ranks. Those that are cancelled stay until they come up, or are half of all. */
export class Alarms {
  readonly #heap = new EventHeap<Alarm>();
  #cancelled = 0;
  #order = 0;

  /** How many can still go off. */
  get size(): number {
    return this.#heap.size - this.#cancelled;
  }

  /** The time of the next one; `Infinity` without. */
  get next(): number {
    for (let top = this.#heap.peek(); top !== undefined; top = this.#heap.peek()) {
      if (!top.cancelled) return top.time;
      this.#heap.pop();
      this.#cancelled--;
    }
    return Infinity;
  }

  set(owner: number, time: number, callback: () => void): Timer {
    const alarm = new Alarm(this, owner, time, this.#order++, callback);
    this.#heap.push(alarm);
    return alarm;
  }

  /** Takes out the next one, if there is one by then, and gives what it calls. */
  due(time: number): (() => void) | undefined {
    if (this.next > time) return undefined;
    const alarm = this.#heap.pop();
    // It is not there any more: to cancel it now does nothing.
    if (alarm !== undefined) alarm.cancelled = true;
    return alarm?.callback;
  }

  cancel(alarm: Alarm): void {
    if (alarm.cancelled) return;
    alarm.cancelled = true;
    this.#cancelled++;
    if (2 * this.#cancelled > this.#heap.size) this.#keep(({ cancelled }) => !cancelled);
  }

  /** Those of one rank will not go off. */
  silence(owner: number): void {
    this.#keep((alarm) => !alarm.cancelled && alarm.owner !== owner);
  }

  clear(): void {
    this.#keep(() => false);
  }

  #keep(wanted: (alarm: Alarm) => boolean): void {
    this.#heap.filter((alarm) => {
      if (wanted(alarm)) return true;
      alarm.cancelled = true;
      return false;
    });
    this.#cancelled = 0;
  }
}

/** Whose time a clock shows, and who rings its alarms. */
export interface Timekeeper {
  /** In picoseconds. */
  readonly now: number;
  /** Calls `callback` at a time in picoseconds, unless rank `owner` has ended by then. */
  at(time: number, owner: number, callback: () => void): Timer;
}

/** The clock of one rank: it stops with the rank. */
export class VirtualClock implements Clock {
  readonly #time: Timekeeper;
  readonly #rank: number;

  constructor(time: Timekeeper, rank: number) {
    this.#time = time;
    this.#rank = rank;
  }

  now(): number {
    return this.#time.now / MILLISECOND;
  }

  after(milliseconds: number, callback: () => void): Timer {
    return this.#time.at(this.#time.now + Math.round(milliseconds * MILLISECOND), this.#rank, callback);
  }

  soon(callback: () => void): void {
    this.#time.at(this.#time.now, this.#rank, callback);
  }
}
