/** Which communicator each step of a program works on, and who is in it: the same for all ranks. */
import type { Program } from './program.ts';
import { ranksOf } from './step.ts';
import { type Entry, STEPS } from './steps.ts';

/** The ranks in `world` of those who are in one communicator, for each of the communicators that were made at once. */
export type Groups = readonly (readonly number[])[];

export interface Planned {
  /** Place in the list of communicators. */
  readonly slot: number;
  readonly groups: Groups;
}

/** Goes through the program with groups of ranks in place of communicators. */
export function planOf({ ranks, steps }: Program): Planned[] {
  const slots: Groups[] = [[ranksOf(ranks)]];
  return steps.map(({ kind, on, data }) => {
    const { groups, frees } = kindOf(kind);
    // `world` is not freed: where there is nothing else, nothing is done.
    const slot = frees ? 1 + (on % Math.max(1, slots.length - 1)) : on % slots.length;
    const members = slots[slot] ?? [];
    if (frees) slots.splice(slot, 1);
    if (groups === undefined) return { slot, groups: members };
    const made = members.flatMap((old) =>
      groups(data as never, old.length).map((group) => group.map((rank) => old[rank] as number)),
    );
    slots.push(made);
    return { slot, groups: members };
  });
}

export function kindOf(name: string): Entry['kind'] {
  const entry = STEPS[name];
  if (entry === undefined) throw new Error(`no kind of step is called ${name}`);
  return entry.kind;
}
