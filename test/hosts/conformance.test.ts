/** The tests of the contract on the ranks of jobs across hosts, started over ssh, with TLS between them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { conformanceProgram, SUITES, summaryOf } from '../helpers/conformance.ts';
import { describeHosts } from '../helpers/describe-hosts.ts';
import { type Hosts, startHosts } from '../helpers/hosts.ts';

/** Starting and running it all takes seconds; a machine that is busy with other things gets its time. */
const DEADLINE = 170_000;

describeHosts('the contract holds over ssh', () => {
  let hosts: Hosts;
  let folder: string;
  beforeAll(async () => {
    hosts = await startHosts(4);
    // The matrix of collectives takes 4 ranks at most, and half of the time.
    const few = SUITES.filter((path) => !path.endsWith('/collectives.test.ts'));
    // What is built on them alone runs on some of the numbers of ranks.
    const core = few.filter((path) => !/\/(intercomm|persistent|neighborhood|topologies|groups)[^/]*$/.test(path));
    const programs = { all: SUITES, most: few, core };
    const sources = await Promise.all(
      Object.entries(programs).map(async ([name, suites]) => {
        return [`${name}.mjs`, readFileSync(await conformanceProgram(suites), 'utf8')] as const;
      }),
    );
    folder = hosts.scripts(Object.fromEntries(sources));
  });
  afterEach(() => hosts.quiet());
  afterAll(() => hosts?.close());

  it.each([
    [2, 1, 'all', 195],
    [2, 2, 'all', 305],
    [2, 3, 'core', 190],
    [2, 4, 'core', 190],
    [4, 1, 'core', 160],
    [4, 2, 'most', 415],
    [4, 3, 'core', 190],
    [4, 4, 'core', 190],
  ])('on %i hosts with %i ranks each', { timeout: DEADLINE }, async (count, each, name, least) => {
    const names = hosts.names.slice(0, count);
    const where = names.map((host) => `${host}:${each}`).join();
    const script = join(folder, `${name}.mjs`);
    const job = await hosts.tsrun(['-n', `${count * each}`, '-H', where, script], { deadline: DEADLINE });
    const summary = summaryOf(job);
    expect(summary.failed).toEqual([]);
    expect(job).toMatchObject({ code: 0, stderr: '' });
    expect(summary.hosts).toEqual(Array(each).fill(names).flat());
    expect(summary.passed).toBeGreaterThanOrEqual(least);
  });
});
