/**
 * Runs a random program on ranks in this process, and judges what has come of it: the result of every step against the reference, and
 * at the end that nothing is left in any engine.
 */
import { seededRandom } from '../../src/base/random.ts';
import type { Communicator } from '../../src/comm/communicator.ts';
import { spmd } from '../../src/runtime/spmd.ts';
import { withEngines } from './engines.ts';
import type { Program, Step } from './program.ts';
import { type Members, type Place, ranksOf, Wrong } from './step.ts';
import { STEPS } from './steps.ts';

/** Looks in vain before a program is given up: nothing comes any more. */
const PATIENCE = 20_000;
const DEFAULT_EAGER_LIMIT = 64 * 1024;

/** One communicator of a program, as one rank has it: `undefined` for those who are not in it. */
interface Slot {
  readonly comm: Promise<Communicator | undefined>;
  /** Messages under way in it. */
  readonly batches: Promise<unknown>[];
  /** A receive of any tag may still be waiting on another rank: nobody may send before all have finished. */
  fence: boolean;
}

/** The groups of a communicator that was made by the step: as ranks in `world`. */
type Groups = readonly (readonly number[])[];

/** @throws Wrong, or whatever a rank of it has thrown. */
export async function runProgram(program: Program): Promise<void> {
  const { ranks, seed, eagerLimit, segmentBytes, steps } = program;
  const plan = planOf(program);
  let ticks = 0;
  const tick = () => ++ticks;
  const options = {
    seed,
    ...(eagerLimit === undefined ? {} : { eagerLimit }),
    ...(segmentBytes === undefined ? {} : { segmentBytes }),
  };
  const [results, engines] = await withEngines(() =>
    spmd(ranks, (world) => new Rank(world, program, plan, tick).run(), options),
  );
  for (const [number, step] of steps.entries()) {
    for (const group of (plan[number] as Planned).groups) {
      const of = group.map((rank) => results[rank]?.[number]);
      try {
        STEPS[step.kind]?.kind.verify(step.data as never, { ranks: group, step: number }, of);
      } catch (error) {
        throw error instanceof Wrong ? new Wrong(`step ${number}, ${step.kind}: ${error.message}`) : error;
      }
    }
  }
  for (const [rank, left] of engines.map((engine) => engine.left()).entries()) {
    if (left.length > 0) throw new Wrong(`rank ${rank} has left behind ${left.join(', ')}`);
  }
}

/** What a step works on, the same for all ranks. */
interface Planned {
  /** Place in the list of communicators. */
  readonly slot: number;
  readonly groups: Groups;
}

/** Goes through the program with groups of ranks in place of communicators. */
function planOf({ ranks, steps }: Program): Planned[] {
  const slots: Groups[] = [[ranksOf(ranks)]];
  return steps.map(({ kind, on, data }) => {
    const { groups, frees } = kindOf(kind);
    // `world` is not freed.
    const slot = frees ? Math.min(1 + (on % Math.max(1, slots.length - 1)), slots.length) : on % slots.length;
    const members = slots[slot] ?? [];
    if (frees) slots.splice(slot, 1);
    if (groups !== undefined) {
      slots.push(
        members.flatMap((old) =>
          groups(data as never, old.length).map((group) => group.map((rank) => old[rank] as number)),
        ),
      );
    }
    return { slot, groups: members };
  });
}

function kindOf(name: string): (typeof STEPS)[string]['kind'] {
  const entry = STEPS[name];
  if (entry === undefined) throw new Error(`no kind of step is called ${name}`);
  return entry.kind;
}

/** One rank on its way through a program. */
class Rank {
  readonly #slots: Slot[];
  readonly #program: Program;
  readonly #plan: readonly Planned[];
  readonly #self: number;
  readonly #tick: () => number;
  readonly #random: () => number;
  #patience = PATIENCE;

  constructor(world: Communicator, program: Program, plan: readonly Planned[], tick: () => number) {
    this.#slots = [{ comm: Promise.resolve(world), batches: [], fence: false }];
    this.#program = program;
    this.#plan = plan;
    this.#self = world.rank;
    this.#tick = tick;
    this.#random = seededRandom(program.seed * 31 + world.rank);
  }

  /** The result of every step; nothing for those that other ranks did without us. */
  async run(): Promise<unknown[]> {
    const results: Promise<unknown>[] = [];
    for (const [number, step] of this.#program.steps.entries()) {
      await this.#pause();
      const result = await this.#begin(step, number);
      results.push(result.done);
      if (step.wait) await Promise.all(results);
    }
    const all = await Promise.all(results);
    await this.#end();
    return all;
  }

  /** Starts one step. */
  async #begin({ kind: name, data }: Step, number: number): Promise<{ done: Promise<unknown> }> {
    const kind = kindOf(name);
    const { slot: at, groups } = this.#plan[number] as Planned;
    const slot = this.#slots[at];
    if (kind.frees) this.#slots.splice(at, 1);
    const ranks = groups.find((group) => group.includes(this.#self));
    const comm = await slot?.comm;
    const nothing = Promise.resolve(undefined);
    if (slot === undefined || comm === undefined || ranks === undefined) {
      if (kind.groups) this.#slots.push({ comm: nothing, batches: [], fence: false });
      return { done: nothing };
    }
    const anyTag = kind.takesAnyTag?.(data as never) ?? false;
    if (anyTag || slot.fence || kind.frees) await Promise.all(slot.batches.splice(0));
    if (slot.fence && kind.takesAnyTag) await comm.barrier();
    if (kind.takesAnyTag) slot.fence = anyTag;
    const done = kind.run(this.#place(comm, { ranks, step: number }), data as never);
    done.catch(() => {});
    if (kind.takesAnyTag) slot.batches.push(done);
    if (kind.groups) this.#slots.push({ comm: done as Promise<Communicator>, batches: [], fence: false });
    return { done };
  }

  /** Waits for everybody. */
  async #end(): Promise<void> {
    await (await this.#slots[0]?.comm)?.barrier();
  }

  #place(comm: Communicator, members: Members): Place {
    const eagerLimit = this.#program.eagerLimit ?? DEFAULT_EAGER_LIMIT;
    const [pause, random, tick] = [() => this.#pause(), this.#random, this.#tick];
    return { comm, members, eagerLimit, random, tick, pause, turn: () => this.#turn() };
  }

  async #pause(): Promise<void> {
    const drawn = this.#random();
    if (drawn < 0.6) return;
    if (drawn < 0.8) await Promise.resolve();
    else await new Promise((resolve) => setImmediate(resolve));
  }

  async #turn(): Promise<void> {
    if (--this.#patience < 0) throw new Wrong(`rank ${this.#self} polls in vain`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
