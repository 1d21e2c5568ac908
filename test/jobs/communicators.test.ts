/** Communicators in real jobs: what they leave in a process, in what it prints, and at its end. */
import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { scripts } from '../helpers/scripts.ts';
import { tsrun } from '../helpers/tsrun.ts';

const lines = (text: string) => text.trim().split('\n').sort();

test('a thousand of each kind made and freed give right results, and no process grows', {
  timeout: 120_000,
}, async () => {
  const cwd = scripts({
    'job.ts': `import { world, SUM, type Communicator } from 'tsmpi';
const next = (world.rank + 1) % 4;
async function cycles(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const copy = await world.dup();
    const half = (await copy.split(copy.rank % 2, -copy.rank))!;
    const group = await world.createGroup(world.group, i);
    const grid = await copy.createCart([2, 2], true);
    const sums = [await copy.allreduce(1), await half.allreduce(copy.rank), await group.allreduce(new Float64Array(100).fill(1), SUM)];
    const [left] = await grid.neighborAllgather(i);
    const message = await copy.sendrecv(i, next, (next + 2) % 4);
    if (sums[0] !== 4 || sums[1] !== (half.size === 2 ? 2 + 2 * (copy.rank % 2) : -1) || (sums[2] as Float64Array)[99] !== 4)
      throw new Error('wrong sums ' + sums);
    if (left !== i || message !== i) throw new Error('wrong message in ' + i);
    // Nobody receives it.
    void copy.isend('left behind', next, 5);
    for (const one of [group, half, grid]) await one.free();
    await copy.free();
  }
}
await cycles(200);
const before = process.memoryUsage().rss;
await cycles(1000);
const grown = (process.memoryUsage().rss - before) / 2 ** 20;
if (grown > 60) throw new Error('grown by ' + grown + ' MiB');
console.log('good');
`,
  });
  const job = await tsrun(['-n', '4', 'job.ts'], { cwd, deadline: 110_000 });
  expect(job).toMatchObject({ code: 0, stdout: 'good\n'.repeat(4), stderr: '' });
});

test('a script that leaves its communicators as they are ends well, whatever state they are in', async () => {
  const cwd = scripts({
    'job.ts': `import { world } from 'tsmpi';
const copy = await world.dup();
const half = (await copy.split(world.rank % 2))!;
await using blocked = await half.dup();
void copy.isend('nobody receives it', (world.rank + 1) % 3);
{
  await using inner = await world.dup();
  void inner.isend('nor this', world.rank);
}
void (await world.split(0))!.free();
console.log(await half.allreduce(1), await blocked.allreduce(1));
`,
  });
  const job = await tsrun(['-n', '3', 'job.ts'], { cwd });
  expect({ ...job, stdout: lines(job.stdout) }).toMatchObject({ code: 0, stdout: ['1 1', '2 2', '2 2'], stderr: '' });
});

test('an error that ends a block is the one that is printed, with its line; the communicator of the block does not hide it', async () => {
  const cwd = scripts({
    'job.ts': `import { world } from 'tsmpi';
await using outer = await world.dup();
{
  await using inner = await outer.split(0);
  if (world.rank === 1) throw new RangeError('no such row');
  await inner!.barrier();
}
`,
  });
  const { code, stderr } = await tsrun(['-n', '3', 'job.ts'], { cwd });
  expect(code).toBe(1);
  expect(stderr).toMatch(/rank 1 of 3 failed/);
  expect(stderr).toMatch(/^RangeError: no such row\n {4}at .*job\.ts:5:/m);
  expect(stderr).not.toMatch(/SuppressedError|\[ERR_/);
});

test('errors say on which communicator they happened, by the name that the program has given it', async () => {
  const cwd = scripts({
    'mismatch.ts': `import { world } from 'tsmpi';
const rows = (await world.split(0))!;
rows.setName('rows of the matrix');
await (world.rank ? rows.barrier() : rows.allreduce(1));
`,
    'freed.ts': `import { world } from 'tsmpi';
const rows = await world.dup();
rows.setName('rows of the matrix');
await rows.free();
await rows.send(1, 0);
`,
    'free.ts': `import { world } from 'tsmpi';\nawait world.free();\n`,
  });
  const mismatch = await tsrun(['-n', '2', 'mismatch.ts'], { cwd });
  expect(mismatch.stderr).toMatch(
    /MpiError \[ERR_MISMATCH\]: ranks disagree about collective number 1 on rows of the matrix/,
  );
  expect(mismatch.stderr).toMatch(/\n {4}at .*mismatch\.ts:4:/);
  const freed = await tsrun(['-n', '2', 'freed.ts'], { cwd });
  expect(freed.stderr).toMatch(/MpiError \[ERR_COMM\]: send.*communicator rows of the matrix has been freed/);
  expect(freed.stderr).toMatch(/\n {4}at .*freed\.ts:5:/);
  const world = await tsrun(['-n', '2', 'free.ts'], { cwd });
  expect(world.stderr).toMatch(/MpiError \[ERR_COMM\]: free: world lives as long as the job/);
});

test('hosts, localRank and localSize are those of the environment, and count within a communicator', async () => {
  const cwd = scripts({
    'job.ts': `import { world } from 'tsmpi';
const { TSMPI_LOCAL_RANK, TSMPI_LOCAL_SIZE, TSMPI_HOST } = process.env;
const same = [world.localRank, world.localSize, world.hosts[world.rank]].join() === [TSMPI_LOCAL_RANK, TSMPI_LOCAL_SIZE, TSMPI_HOST].join();
const odd = (await world.split(world.rank % 2))!;
const here = await world.splitType('shared');
console.log([same, world.hosts.join() === Array(3).fill(TSMPI_HOST).join(), odd.localRank, odd.localSize, here.rank, here.size, here.name].join());
`,
  });
  const { stdout } = await tsrun(['-n', '3', 'job.ts'], { cwd });
  const host = hostname();
  expect(lines(stdout)).toEqual(
    [0, 1, 2].map((rank) => `true,true,${rank >> 1},${rank % 2 ? 1 : 2},${rank},3,world on ${host}`).sort(),
  );
});

test('after finalize every communicator is over: ERR_FINALIZED, also for those that were never freed', async () => {
  const cwd = scripts({
    'job.ts': `import { finalize, world } from 'tsmpi';
const made = [await world.dup(), (await world.split(0))!, await world.createGroup(world.group), await world.createCart([2])];
await finalize();
const codes = new Set();
for (const one of made) {
  for (const call of [() => one.send(1, 0), () => one.barrier(), () => one.dup(), () => one.createGroup(one.group), async () => one.iprobe()]) {
    codes.add(await call().then(() => 'done', (error) => error.code));
  }
  // There is nothing left to do.
  await one.free();
}
console.log([...codes].join());
`,
  });
  const job = await tsrun(['-n', '2', 'job.ts'], { cwd });
  expect(job).toMatchObject({ code: 0, stdout: 'ERR_FINALIZED\n'.repeat(2), stderr: '' });
});

test('a rank that frees what the others still use is told so, and nobody hangs', async () => {
  const cwd = scripts({
    'job.ts': `import { world } from 'tsmpi';
const copy = await world.dup();
await (world.rank === 1 ? copy.free() : copy.bcast(world.rank === 0 ? 'x' : undefined).then(() => copy.barrier()));
`,
  });
  const { code, stderr } = await tsrun(['-n', '3', 'job.ts'], { cwd, deadline: 10_000 });
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /MpiError \[ERR_MISMATCH\]: ranks disagree about collective number \d on dup of world: .*free/,
  );
});

test('a rank that is killed while all free ends the job, and nobody hangs', async () => {
  const cwd = scripts({
    'job.ts': `import { world } from 'tsmpi';
for (let i = 0; i < 100; i++) {
  const copy = await world.dup();
  if (i === 50 && world.rank === 2) process.kill(process.pid, 'SIGKILL');
  await copy.free();
}
`,
  });
  const { code, stderr } = await tsrun(['-n', '4', 'job.ts'], { cwd, deadline: 15_000 });
  expect(code).toBe(137);
  expect(stderr).toMatch(/rank 2 of 4/);
});
