import { describe, expect, test } from 'vitest';
import { RoundPlan, type Step } from '../../bench/lib/rounds.ts';

/** Plays a measurement whose round takes `cost(n)` milliseconds, n being the number of rounds before it. */
function play(
  seconds: number,
  cost: (n: number) => number,
  shortest = 0,
): { warmUp: Step[]; counted: Step[]; elapsed: number } {
  const plan = new RoundPlan(seconds, shortest);
  const steps: Step[] = [];
  let rounds = 0;
  let elapsed = 0;
  for (let step = plan.first; step.rounds > 0; ) {
    steps.push(step);
    let took = 0;
    for (let i = 0; i < step.rounds; i++) took += cost(rounds++);
    if (step.counts) elapsed += took;
    step = plan.next(took);
  }
  return { warmUp: steps.filter(({ counts }) => !counts), counted: steps.filter(({ counts }) => counts), elapsed };
}

const total = (steps: Step[]) => steps.reduce((sum, { rounds }) => sum + rounds, 0);

describe('RoundPlan', () => {
  test('fills the time that it was given', () => {
    for (const each of [0.004, 0.1, 3]) {
      const { elapsed } = play(1, () => each);
      expect(elapsed).toBeGreaterThan(850);
      expect(elapsed).toBeLessThan(1150);
    }
  });

  test('is not misled by slow first rounds', () => {
    const { counted } = play(1, (n) => (n < 4 ? 200 : 0.01));
    expect(total(counted)).toBeGreaterThan(50_000);
  });

  test('warms up before it counts, and long enough', () => {
    const { warmUp } = play(0.1, () => 0.01);
    expect(total(warmUp) * 0.01).toBeGreaterThanOrEqual(45);
    expect(warmUp.map(({ rounds }) => rounds).slice(0, 4)).toEqual([2, 4, 8, 16]);
  });

  test('does a few rounds of what takes longer than the time', () => {
    const { counted } = play(0.01, () => 5000);
    expect(total(counted)).toBe(8);
  });

  test('ends where the clock does not move', () => {
    expect(total(play(1, () => 0).counted)).toBe(1_000_000);
  });

  test('puts short rounds together in samples of the length that it was given', () => {
    // Costs that are exact in binary, as their sums are.
    const { counted, elapsed } = play(1, () => 2 ** -11, 0.02);
    expect(elapsed).toBeGreaterThan(850);
    for (const { batch, rounds } of counted) expect([batch, rounds % batch]).toEqual([41, 0]);
    for (const { batch } of play(1, () => 0.1, 0.02).counted) expect(batch).toBe(1);
    for (const { batch } of play(1, () => 2 ** -11).counted) expect(batch).toBe(1);
  });

  test('is not misled about the length of a sample by one slow round', () => {
    const warmUpRounds = total(play(1, () => 2 ** -10, 0.02).warmUp);
    const { counted } = play(1, (n) => (n === warmUpRounds - 1 ? 5000 : 2 ** -10), 0.02);
    for (const { batch } of counted) expect(batch).toBe(21);
  });
});
