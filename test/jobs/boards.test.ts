/** Collectives of real jobs through memory that their ranks share: what they give, and what ends them. */
import { readdirSync } from 'node:fs';
import { expect, test as testAnyway } from 'vitest';
import { loadNative } from '../../src/native/native.ts';
import { scripts } from '../helpers/scripts.ts';
import { sharing } from '../helpers/tsrun.ts';

const native = loadNative();
if (typeof native === 'string') console.warn(`skipped: ${native}`);
const test = testAnyway.skipIf(typeof native === 'string');

/** After it every communicator of all ranks has its board: asking for it by name makes it at once. */
const BOARD = `import { world, SUM, createOp } from 'tsmpi';
await world.barrier({ algorithm: 'sharedMemory' });
`;

function job(script: string): string {
  return scripts({ 'job.ts': `${BOARD}${script}` });
}

test.each([2, 3, 4])('values on %i ranks, of all sizes, whoever is late', async (size) => {
  const cwd = job(`
const { rank, size } = world;
const late = (round: number) => new Promise((resolve) => setTimeout(resolve, (rank * 7 + round * 3) % 5));
const bits = createOp((a: number, b: number) => a + b * 0.1, { commutative: false, elementwise: true });
for (const [round, length] of [0, 1, 3, 511, 512, 513, 8191, 40_000, 300_000].entries()) {
  await late(round);
  const array = Float64Array.from({ length }, (_, i) => i + rank);
  const sum = await world.allreduce(array, SUM);
  if (sum.some((value, i) => value !== i * size + (size * (size - 1)) / 2)) throw new Error('allreduce ' + length);
  const root = round % size;
  const given = await world.bcast(rank === root ? { round, array } : undefined, root);
  if (given.round !== round || given.array.some((value, i) => value !== i + root)) throw new Error('bcast ' + length);
  const all = await world.allgather(array.subarray(0, length >> rank));
  for (const [r, one] of all.entries()) {
    if (one.length !== length >> r || one.some((value, i) => value !== i + r)) throw new Error('allgather ' + length);
  }
  const swapped = await world.alltoall(all.map((_, dest) => array.map((value) => value * (dest + 1))));
  for (const [r, one] of swapped.entries()) {
    if (one.length !== length || one.some((value, i) => value !== (i + r) * (rank + 1))) throw new Error('alltoall ' + length);
  }
  const same = await world.allreduce(array.map((value) => value / 3), bits);
  const everybodys = await world.gather(same, root);
  if (everybodys?.some((one) => one.some((value, i) => !Object.is(value, same[i])))) throw new Error('bits ' + length);
  const reduced = await world.reduce(array, SUM, root);
  if (rank === root && reduced.some((value, i) => value !== sum[i])) throw new Error('reduce ' + length);
  await world.barrier();
}
console.log('right');
`);
  const { code, stdout, stderr } = await sharing(['-n', `${size}`, 'job.ts'], { cwd, deadline: 60_000 });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout.match(/right/g)).toHaveLength(size);
});

test.each([
  ['by messages', '4', '1_000_000', "{ algorithm: 'ring' }", /count 4.*count 1000000|count 1000000.*count 4/],
  ['of another length', '4', '1_000_000', '{}', /count 4.*count 1000000|count 1000000.*count 4/],
])('ranks that disagree, the one %s', async (_what, mine, theirs, options, both) => {
  const cwd = job(
    `await world.allreduce(new Float64Array(world.rank ? ${mine} : ${theirs}), SUM, world.rank ? {} : ${options});`,
  );
  const { code, stderr } = await sharing(['-n', '2', 'job.ts'], { cwd, deadline: 10_000 });
  expect(code).toBe(1);
  expect(stderr).toMatch(/ERR_MISMATCH/);
  expect(stderr).toMatch(both);
  expect(stderr).toMatch(/\n {4}at .*job\.ts:3:/);
});

test.each([
  [
    'with two roots',
    'await world.bcast(world.rank, world.rank);',
    /bcast\(root 0.*bcast\(root 1|bcast\(root 1.*bcast\(root 0/,
  ],
  [
    'that both only wait',
    'await world.bcast(0, 1 - world.rank);',
    /bcast\(root 0.*bcast\(root 1|bcast\(root 1.*bcast\(root 0/,
  ],
  [
    'in different collectives',
    'await (world.rank ? world.barrier() : world.allreduce(1));',
    /allreduce\(SUM.*barrier|barrier.*allreduce\(SUM/,
  ],
  [
    'with one that goes by messages',
    "await world.bcast(0, 0, world.rank ? {} : { algorithm: 'chain' });",
    /algorithm (binomial|sharedMemory)/,
  ],
  [
    'of which one waits for messages',
    "await world.bcast(0, 0, world.rank ? { algorithm: 'chain' } : {});",
    /algorithm (binomial|sharedMemory)/,
  ],
])('ranks %s', async (_what, call, both) => {
  const cwd = job(`${call}\nawait world.barrier();`);
  const { code, stderr } = await sharing(['-n', '2', 'job.ts'], { cwd, deadline: 10_000 });
  expect(code).toBe(1);
  expect(stderr).toMatch(/ERR_MISMATCH/);
  expect(stderr).toMatch(both);
});

test('a rank that dies in the middle of a long allreduce fails it on the others', async () => {
  const cwd = job(`
if (world.rank === 2) setTimeout(() => {}, 10_000);
const array = new Float64Array(8 * 2 ** 20);
await world.allreduce(array, SUM);
if (world.rank === 2) setTimeout(() => process.kill(process.pid, 'SIGKILL'), 30);
for (;;) await world.allreduce(array, SUM, { out: array });
`);
  const { code, stderr } = await sharing(['-n', '3', 'job.ts'], { cwd, deadline: 30_000 });
  expect(code).toBe(137);
  expect(stderr).toMatch(/rank 2 of 3 .*SIGKILL/);
});

test('what a rank has said before it left is heard', async () => {
  const cwd = job(`
const value = await world.bcast(world.rank === 0 ? 'last words' : undefined);
if (world.rank > 0) await new Promise((resolve) => setTimeout(resolve, 50));
console.log(value);
`);
  const { code, stdout } = await sharing(['-n', '3', 'job.ts'], { cwd });
  expect(code).toBe(0);
  expect(stdout).toBe('last words\n'.repeat(3));
});

test('a time limit ends a call that waits there, and the communicator for all', async () => {
  const cwd = job(`
const part = await world.dup();
await part.barrier({ algorithm: 'sharedMemory' });
if (world.rank === 0) await part.allreduce(1, SUM, { timeout: 50 }).catch((error) => console.log(0, error.code));
else {
  await new Promise((resolve) => setTimeout(resolve, 300));
  await part.allreduce(1).catch((error) => console.log(world.rank, error.code));
}
await part.barrier().catch((error) => console.log(world.rank, error.code));
console.log(await world.allreduce(1));
`);
  const { code, stdout } = await sharing(['-n', '2', 'job.ts'], { cwd });
  expect(code).toBe(0);
  expect(stdout.trim().split('\n').sort()).toEqual([
    '0 ERR_COMM',
    '0 ERR_TIMEOUT',
    '1 ERR_COMM',
    '1 ERR_COMM',
    '2',
    '2',
  ]);
});

test('calls in flight at the same time, on communicators that come and go', async () => {
  const cwd = job(`
const { rank, size } = world;
for (let round = 0; round < 30; round++) {
  const [one, other] = [await world.dup(), await world.split(0, -rank)];
  const calls = [
    one.allreduce(rank), world.allgather(rank), one.bcast(rank === 1 ? new Float64Array(20_000).fill(round) : undefined, 1),
    other.barrier(), one.alltoall([...Array(size).keys()].map((dest) => dest * 10 + rank)), one.reduce(1, SUM, 1), one.barrier(),
    other.allreduce(new Float64Array(3000).fill(rank), SUM),
  ];
  if (round % 2) { await other.barrier(); await Promise.all(calls); }
  const freed = [one.free(), other.free()];
  const [sum, ranks, given, , swapped, count, , vector] = await Promise.all(calls);
  const right = sum === (size * (size - 1)) / 2 && ranks.length === size && given.length === 20_000 && given[19_999] === round &&
    swapped.every((value, r) => value === rank * 10 + r) && (count === undefined) === (rank !== 1) && vector[2999] === sum;
  if (!right) throw new Error('wrong in round ' + round);
  await Promise.all(freed);
}
console.log('right');
`);
  const { code, stdout, stderr } = await sharing(['-n', '3', 'job.ts'], { cwd, deadline: 60_000 });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout).toBe('right\n'.repeat(3));
});

test('memory is given back when a communicator is freed', async () => {
  const cwd = job(`
import { readFileSync } from 'node:fs';
// Boards are larger than rings of messages.
const bytes = (line: string) => { const [from, to] = line.split(' ')[0].split('-').map((at) => parseInt(at, 16)); return to - from; };
const mapped = () => readFileSync('/proc/self/maps', 'utf8').split('\\n').filter((line) => line.includes('/dev/shm') && bytes(line) > 400_000).length;
const before = mapped();
for (let round = 0; round < 5; round++) {
  const part = await world.dup();
  await part.barrier({ algorithm: 'sharedMemory' });
  if (mapped() !== before + 1) throw new Error('not mapped');
  await part.free();
}
await world.barrier();
if (mapped() !== before) throw new Error('still mapped');
`);
  const before = readdirSync('/dev/shm').length;
  const { code, stderr } = await sharing(['-n', '2', 'job.ts'], { cwd });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(readdirSync('/dev/shm').length).toBeLessThanOrEqual(before);
});

test('where nothing can be shared calls go by messages, and asking for memory is an error that says why', async () => {
  const cwd = scripts({
    'job.ts': `import { world, SUM } from 'tsmpi';
for (let i = 0; i < 20; i++) if ((await world.allreduce(i)) !== 2 * i) throw new Error('wrong');
await world.barrier({ algorithm: 'sharedMemory' }).catch((error) => console.log(error.code, error.message));
console.log(await world.allreduce(1));
`,
  });
  const off = await sharing(['-v', '-n', '2', 'job.ts'], { cwd, env: { TSMPI_NATIVE: 'off' } });
  expect(off.code).toBe(0);
  expect(off.stdout).toMatch(/ERR_ARG barrier: the algorithm can't be sharedMemory here: TSMPI_NATIVE=off\n/);
  expect(off.stderr).toMatch(/collectives go by messages, not through shared memory: world: TSMPI_NATIVE=off/);
  const tcp = await sharing(['--transport', 'tcp', '-n', '2', 'job.ts'], { cwd });
  expect(tcp.code).toBe(0);
  expect(tcp.stdout).toMatch(/these ranks share no memory/);
});
