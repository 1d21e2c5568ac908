/**
 * Runs a random program on ranks in this process, and judges what has come of it: the result of every step against the reference, and
 * at the end that nothing is left in any rank.
 */

import { carry } from './carriers.ts';
import { leftBehind } from './census.ts';
import { kindOf, type Planned, planOf } from './plan.ts';
import type { Program } from './program.ts';
import { Rank } from './rank.ts';
import { Wrong } from './step.ts';

/** @throws Wrong, or whatever a rank of it has thrown. */
export async function runProgram(program: Program): Promise<void> {
  const plan = planOf(program);
  let ticks = 0;
  const tick = () => ++ticks;
  const results = await carry(program, async (world, time) => {
    const rank = new Rank(world, program, plan, { tick, ...time });
    return { steps: await rank.run(), left: () => leftBehind(world) };
  });
  for (const [number, { kind, data }] of program.steps.entries()) {
    for (const ranks of (plan[number] as Planned).groups) {
      const of = ranks.map((rank) => results[rank]?.steps[number]);
      try {
        kindOf(kind).verify(data as never, { ranks, step: number }, of);
      } catch (error) {
        throw error instanceof Wrong ? new Wrong(`step ${number}, ${kind}: ${error.message}`) : error;
      }
    }
  }
  for (const [rank, { left }] of results.entries()) {
    if (left().length > 0) throw new Wrong(`rank ${rank} has left behind ${left().join(', ')}`);
  }
}
