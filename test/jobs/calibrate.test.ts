/** What algorithms are chosen by: measured once, told to all ranks of a job alike. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Measured } from '../../launcher/calibrate/file.ts';
import { measuredAt } from '../helpers/calibration.ts';
import { conformanceProgram, SUITES, summaryOf } from '../helpers/conformance.ts';
import { scripts } from '../helpers/scripts.ts';
import { tsrun } from '../helpers/tsrun.ts';

const DEADLINE = 170_000;
const JOB = { 'job.ts': "import { world } from 'tsmpi';\nconsole.log(await world.scan(1));\n" };

test('tsrun calibrate measures all links, and jobs choose by that', { timeout: DEADLINE }, async () => {
  const cwd = scripts(JOB);
  const env = { XDG_CACHE_HOME: cwd };
  const before = await tsrun(['-v', '-n', '2', 'job.ts'], { cwd, env });
  expect(before.stderr).toMatch(/the table chooses algorithms: .*: it is not there; tsrun calibrate writes it\n/);

  const { code, stdout, stderr } = await tsrun(['calibrate', '--json'], { cwd, env, deadline: DEADLINE });
  const { within, reading } = JSON.parse(stdout) as Measured;
  expect(code).toBe(0);
  // Without koffi there is no shared memory, which it says.
  const kinds = Object.keys(within);
  if (stderr === '') expect(kinds).toEqual(['shm', 'unix', 'tcp']);
  else
    expect({ kinds, stderr }).toEqual({ kinds: ['unix', 'tcp'], stderr: expect.stringContaining('shm is left out') });
  for (const { latency, overhead, bandwidth } of Object.values(within)) {
    // Bounds that no machine passes.
    expect(latency + 2 * overhead).toBeGreaterThan(1e-8);
    expect(latency + 2 * overhead).toBeLessThan(0.1);
    expect(bandwidth).toBeGreaterThan(1e5);
  }
  expect(reading.gamma).toBeLessThan(1e-6);

  const after = await tsrun(['-v', '-n', '2', '--transport', 'unix', 'job.ts'], { cwd, env });
  expect(after.stderr).toMatch(/the model chooses algorithms: unix, measured \S+ \(.*calibration-.*\.json\)\n/);
  const off = await tsrun(['-v', '-n', '2', '--model', 'off', 'job.ts'], { cwd, env });
  expect(off.stderr).toMatch(/the table chooses algorithms: --model off\n/);
});

test.each([
  ['tcp', 3, 11],
  ['auto', 4, 13],
])(
  'whatever the parameters say, all ranks agree: over %s on %i ranks, seed %i',
  { timeout: DEADLINE },
  async (transport, ranks, seed) => {
    const script = await conformanceProgram(SUITES.filter((path) => path.endsWith('/collectives.test.ts')));
    const model = measuredAt(join(scripts({}), 'm.json'), seed);
    const args = ['-n', `${ranks}`, '--transport', transport, '--model', model, script];
    const job = await tsrun(args, { deadline: DEADLINE });
    const { passed, failed } = summaryOf(job);
    expect(failed).toEqual([]);
    // Few, but each with thousands of results.
    expect(passed).toBeGreaterThanOrEqual(2);
    expect(job).toMatchObject({ code: 0, stderr: '' });
  },
);

test('a spoilt file of the cache is no error of a job, one that is named is', async () => {
  const cwd = scripts(JOB);
  const env = { XDG_CACHE_HOME: cwd };
  const { stderr } = await tsrun(['-v', '-n', '2', 'job.ts'], { cwd, env });
  const [, path] = /algorithms: (.*): it is not there/.exec(stderr)!;
  mkdirSync(join(cwd, 'tsmpi'));
  writeFileSync(path!, readFileSync(measuredAt(join(cwd, 'whole.json'), 1), 'utf8').slice(0, 99));
  const quiet = await tsrun(['-n', '2', 'job.ts'], { cwd, env });
  expect(quiet).toMatchObject({ code: 0, stderr: '' });
  const named = await tsrun(['-n', '2', '--model', path!, 'job.ts'], { cwd, env });
  expect(named).toMatchObject({ code: 2, stderr: `tsrun: --model ${path}: it is no JSON\n` });
});
