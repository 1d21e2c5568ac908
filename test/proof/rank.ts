/** One rank on its way through a program. */
import { seededRandom } from '../../src/base/random.ts';
import type { Communicator } from '../../src/comm/communicator.ts';
import type { Time } from './carriers.ts';
import { departed } from './census.ts';
import { kindOf, type Planned } from './plan.ts';
import type { Program, Step } from './program.ts';
import { type Members, type Place, Wrong } from './step.ts';
import type { Made } from './steps/communicators.ts';

/** Looks in vain before a program is given up: nothing comes any more. */
const PATIENCE = 20_000;
const DEFAULT_EAGER_LIMIT = 64 * 1024;

/** One communicator, as this rank has it: `undefined` for those who are not in it. */
interface Slot {
  readonly comm: Promise<Communicator | undefined>;
  /** Steps that still send on it. */
  readonly sending: Promise<unknown>[];
  /** A receive of any tag may still be waiting on another rank: nobody may send before all have finished. */
  fence: boolean;
}

const slotOf = (comm: Promise<Communicator | undefined>): Slot => ({ comm, sending: [], fence: false });

export class Rank {
  readonly #world: Communicator;
  readonly #slots: Slot[];
  readonly #program: Program;
  readonly #plan: readonly Planned[];
  readonly #time: Time & Pick<Place, 'tick'>;
  readonly #random: () => number;
  #patience = PATIENCE;

  constructor(world: Communicator, program: Program, plan: readonly Planned[], time: Time & Pick<Place, 'tick'>) {
    this.#world = world;
    this.#slots = [slotOf(Promise.resolve(world))];
    this.#program = program;
    this.#plan = plan;
    this.#time = time;
    this.#random = seededRandom(program.seed * 31 + world.rank);
  }

  /** The result of every step; nothing for those that other ranks did without us. */
  async run(): Promise<unknown[]> {
    const results: Promise<unknown>[] = [];
    for (const [number, step] of this.#program.steps.entries()) {
      await this.#pause();
      results.push((await this.#begin(step, number)).done);
      if (step.wait) await Promise.all(results);
    }
    const all = await Promise.all(results);
    for (const { comm } of this.#slots.slice(1).reverse()) await (await comm)?.free();
    await departed(this.#world);
    await this.#world.barrier();
    return all;
  }

  /** Starts one step. */
  async #begin({ kind: name, data }: Step, number: number): Promise<{ done: Promise<unknown> }> {
    const kind = kindOf(name);
    const { slot: at, groups } = this.#plan[number] as Planned;
    const slot = this.#slots[at];
    if (kind.frees) this.#slots.splice(at, 1);
    const comm = await slot?.comm;
    if (slot === undefined || comm === undefined) {
      const nothing = Promise.resolve(undefined);
      if (kind.groups) this.#slots.push(slotOf(nothing));
      return { done: nothing };
    }
    const anyTag = kind.takesAnyTag?.(data as never);
    const sends = anyTag !== undefined;
    if (anyTag || slot.fence || kind.frees) await Promise.all(slot.sending.splice(0));
    if (slot.fence && sends) await comm.barrier();
    if (sends) slot.fence = anyTag;
    const ranks = groups.find((group) => group.includes(this.#world.rank)) ?? [];
    const done = kind.run(this.#place(comm, { ranks, step: number }), data as never);
    done.catch(() => {});
    if (sends) slot.sending.push(done);
    if (kind.groups) this.#slots.push(slotOf((done as Promise<Made>).then((made) => made.comm)));
    this.#slots.at(-1)?.comm.catch(() => {});
    if (kind.inRow?.(data as never)) await done;
    return { done };
  }

  #place(comm: Communicator, members: Members): Place {
    const { tick, timeouts } = this.#time;
    const eagerLimit = this.#program.eagerLimit ?? DEFAULT_EAGER_LIMIT;
    const [pause, turn] = [() => this.#pause(), () => this.#turn()];
    return { comm, members, eagerLimit, timeouts, random: this.#random, tick, pause, turn };
  }

  async #pause(): Promise<void> {
    const drawn = this.#random();
    if (drawn < 0.6) return;
    if (drawn < 0.8) await Promise.resolve();
    else await this.#time.wait(this.#random());
  }

  async #turn(): Promise<void> {
    if (--this.#patience < 0) throw new Wrong(`rank ${this.#world.rank} polls in vain`);
    await this.#time.wait(this.#random());
  }
}
