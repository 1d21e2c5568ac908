/** The tests of the contract on the ranks of real jobs: the same files that run in one process elsewhere. */
import { describe, expect, it } from 'vitest';
import { conformanceProgram, SUITES, type Summary, summaryOf } from '../helpers/conformance.ts';
import { program, tsrun } from '../helpers/tsrun.ts';

/** Starting and running it all takes seconds; a machine that is busy with other things gets its time. */
const DEADLINE = 170_000;

async function conformance(suites: readonly string[], ranks: number, transport: string): Promise<Summary> {
  const script = await conformanceProgram(suites);
  const job = await tsrun(['-n', `${ranks}`, '--transport', transport, script], { deadline: DEADLINE });
  const summary = summaryOf(job);
  expect(summary.failed).toEqual([]);
  expect(job).toMatchObject({ code: 0, stderr: '' });
  return summary;
}

describe('the contract holds', () => {
  // Tests that need more ranks do not run.
  it.each([
    ['unix', 2, 195],
    ['auto', 2, 195],
    ['auto', 3, 260],
    ['tcp', 3, 260],
    ['unix', 4, 305],
    ['auto', 4, 305],
    ['tcp', 4, 305],
  ])('over %s on %i ranks', { timeout: DEADLINE }, async (transport, ranks, least) => {
    const { passed } = await conformance(SUITES, ranks, transport);
    expect(passed).toBeGreaterThanOrEqual(least);
  });

  it('over unix on 8 ranks', { timeout: DEADLINE }, async () => {
    // The matrix of collectives takes 4 ranks at most, and half of the time.
    const suites = SUITES.filter((path) => !path.endsWith('/collectives.test.ts'));
    const { passed, skipped } = await conformance(suites, 8, 'unix');
    expect(passed).toBeGreaterThanOrEqual(415);
    // Whatever does not run on 8 ranks runs nowhere: see `NOT_HERE`.
    for (const one of skipped) expect(one).toMatch(/^ranks that are gone >/);
    expect(skipped).toHaveLength(2);
  });
});

/** Those for which every number of ranks is another case. */
const BY_SIZE = SUITES.filter((path) => /\/(communicators|freeing|groups|topologies)\.test\.ts$/.test(path));

describe('the contract of communicators holds', () => {
  it.each([1, 5, 6, 7])('on %i ranks, too', { timeout: DEADLINE }, async (ranks) => {
    const { passed, skipped } = await conformance(BY_SIZE, ranks, 'unix');
    // The same ones on each number of ranks up to this one.
    expect(passed).toBeGreaterThanOrEqual(25 * ranks);
    for (const one of skipped) expect(one).toMatch(/: needs \d ranks\n$/);
  });
});

describe('a test that goes wrong', () => {
  it('is told with every rank that saw it, and the next ones run', { timeout: DEADLINE }, async () => {
    const wrong = await conformanceProgram([program('conformance/wrong.ts')]);
    const job = await tsrun(['-n', '3', wrong], { deadline: DEADLINE });
    expect(job.code).toBe(1);
    const { passed, failed, skipped } = summaryOf(job);
    const about = (title: string) => failed.find((text) => text.split('\n', 1)[0]?.includes(title));
    expect(about('expects on rank 1')).toMatch(
      /rank 1: AssertionError: expected 'this' to be 'that'[\s\S]*wrong\.ts:9:/,
    );
    for (const rank of [0, 1, 2]) expect(about('another result')).toContain(`rank ${rank}: AssertionError`);
    expect(about('a message that nobody sends')).toMatch(/rank 0: .*recv\(source 1, tag 5\).*not ended after 300 ms/);
    expect(about('something else')).toMatch(/rank 0: .*not ended after 300 ms/);
    expect(about('a rejection')).toMatch(/rank 0: Error: left behind/);
    expect(about('more programs')).toMatch(/rank 1: Error: rank 0 has ended this test/);
    expect(failed).toHaveLength(6);
    expect(skipped).toEqual([expect.stringMatching(/asks for nine ranks: needs 9 ranks\n$/)]);
    expect(passed).toBe(1);
  });
});
