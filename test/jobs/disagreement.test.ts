/** Ranks of a real job that disagree about a collective: a report, never a hang. */
import { expect, test } from 'vitest';
import { scripts } from '../helpers/scripts.ts';
import { tsrun } from '../helpers/tsrun.ts';

test.each([
  [
    'another root, where both only wait',
    'await world.bcast(undefined, 1 - world.rank);',
    /bcast\(root 0.*bcast\(root 1|bcast\(root 1.*bcast\(root 0/,
  ],
  [
    'another collective',
    'await (world.rank ? world.barrier() : world.allreduce(1));',
    /allreduce\(SUM.*barrier|barrier.*allreduce\(SUM/,
  ],
  ['another count', 'await world.allreduce(new Float64Array(world.rank + 1));', /count 1.*count 2|count 2.*count 1/],
])('%s is ERR_MISMATCH at the line of the call, naming both calls', async (_what, call, both) => {
  const cwd = scripts({ 'job.ts': `import { world } from 'tsmpi';\n${call}\n` });
  const { code, stderr } = await tsrun(['-n', '2', 'job.ts'], { cwd, deadline: 10_000 });
  expect(code).toBe(1);
  expect(stderr).toMatch(/MpiError \[ERR_MISMATCH\]: ranks disagree about collective number 1 on world/);
  expect(stderr).toMatch(both);
  expect(stderr).toMatch(/\n {4}at .*job\.ts:2:/);
});

test('a collective that is given up on one rank fails on the others', async () => {
  const cwd = scripts({
    'job.ts': `import { world } from 'tsmpi';
const options = world.rank === 0 ? { timeout: 20 } : {};
if (world.rank !== 1) await world.barrier(options).catch((error) => console.log(world.rank, error.code));
else await world.recv(0, 5).catch((error) => console.log(world.rank, error.code));
`,
  });
  const { code, stdout } = await tsrun(['-n', '3', 'job.ts'], { cwd });
  expect(code).toBe(0);
  const lines = stdout.trim().split('\n').sort();
  expect(lines.slice(0, 2)).toEqual(['0 ERR_TIMEOUT', '1 ERR_COMM']);
  // Rank 1 leaves as soon as it knows: rank 2 may hear of that before it hears from rank 0.
  expect(lines.slice(2)).toEqual([expect.stringMatching(/^2 ERR_(COMM|PROC_FAILED)$/)]);
});
