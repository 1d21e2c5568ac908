/**
 * Jobs across hosts that end in every way at moments drawn from a seed: the end comes in time, has one true cause, and leaves nothing.
 * The seed is part of each test's name.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeHosts } from '../helpers/describe-hosts.ts';
import { type Hosts, startHosts } from '../helpers/hosts.ts';
import type { Tsrun } from '../helpers/tsrun.ts';

/** Numbers from 0 to below n, the same for the same seed; the text runs in the ranks, too. */
const DRAW = `
let state = seed * 2654435761 >>> 0;
const draw = (n) => {
  state = (state + 0x6d2b79f5) >>> 0;
  const mixed = Math.imul(state ^ (state >>> 15), state | 1);
  return ((mixed ^ (mixed >>> 14)) >>> 0) % n;
};
return draw;`;
const generator = new Function('seed', DRAW) as (seed: number) => (n: number) => number;

/** Random traffic whose values are checked; every rank draws the same numbers. At step `at`, rank `victim` does what `end` says. */
const TRAFFIC = `import { SUM, world } from 'tsmpi';
const [seed, steps, at, victim] = process.argv.slice(2).map(Number);
const end = process.argv[6];
const { rank, size } = world;
const draw = (function (seed) {${DRAW}})(seed);
const filled = (n, first) => new Float64Array(n).map((_, i) => first + i);
function check(array, n, first) {
  if (array.length !== n || array[0] !== first || array[n - 1] !== first + n - 1) throw new Error('wrong values');
}
console.log('up');
for (let step = 0; step < steps; step++) {
  if (step === at && rank === victim) {
    if (end === 'throw') throw new Error('chaos');
    if (end.startsWith('exit')) process.exit(Number(end.slice(4)));
  }
  const n = [1, 300, 9000, 150_000][draw(4)];
  const a = draw(size);
  const b = (a + 1 + draw(size - 1)) % size;
  const busy = draw(4) === 0 ? draw(300) : 0;
  if (rank === draw(size)) for (const until = Date.now() + busy; Date.now() < until; );
  switch (draw(5)) {
    case 0:
      check((await world.allreduce(filled(n, step), SUM)).map((x, i) => x / size), n, step);
      break;
    case 1:
      check(await world.bcast(rank === a ? filled(n, step) : undefined, a), n, step);
      break;
    case 2:
      if (rank === a) await world.send(filled(n, step), b, 1);
      else if (rank === b) check(await world.recv(a, 1), n, step);
      break;
    case 3:
      if (rank === a || rank === b) check(await world.sendrecv(filled(n, rank), a + b - rank, a + b - rank), n, a + b - rank);
      break;
    case 4:
      await world.barrier();
  }
}
`;

/** Ranks that end when they like, and two of them that meet for the first time right before. */
const FAREWELL = `import { finalize, world } from 'tsmpi';
const seed = Number(process.argv[2]);
const { rank, size } = world;
const draw = (function (seed) {${DRAW}})(seed);
const own = (function (seed) {${DRAW}})(seed * 100 + rank);
const a = draw(size);
const b = (a + 1 + draw(size - 1)) % size;
const n = [1, 9000, 150_000][draw(3)];
const both = draw(2) === 0;
await new Promise((resolve) => setTimeout(resolve, own(500)));
for (const until = Date.now() + own(200); Date.now() < until; );
if (rank === a || (both && rank === b)) world.isend(new Float64Array(n), a + b - rank);
if (rank === b || (both && rank === a)) {
  if ((await world.recv(a + b - rank)).length !== n) throw new Error('wrong values');
} else if (rank !== a && own(2) === 0) await finalize();
`;

describeHosts('at a random moment', () => {
  let hosts: Hosts;
  let cwd: string;
  beforeAll(async () => {
    hosts = await startHosts(3);
    cwd = hosts.scripts({ 'traffic.js': TRAFFIC, 'farewell.js': FAREWELL, 'package.json': '{ "type": "module" }' });
  });
  afterEach(() => hosts.quiet());
  afterAll(() => hosts?.close());

  function start(script: string, ...words: (string | number)[]): Tsrun {
    return hosts.startTsrun(['-H', 'h1:2,h2:2,h3:2', script, ...words.map(String)], { cwd, deadline: 20_000 });
  }

  test.each([1, 2, 3, 4, 5])('nothing happens (seed %i)', async (seed) => {
    const job = seed % 2 === 0 ? start('traffic.js', seed, 25, -1, 0, '') : start('farewell.js', seed);
    expect(await job.result).toMatchObject({ code: 0, stderr: '' });
  });

  test.each([
    [11, 'throw', 1, 'failed'],
    [12, 'exit0', 1, 'exited too early'],
    [13, 'exit7', 7, 'exited with code 7'],
  ])('a rank ends (seed %i: %s)', async (seed, end, code, words) => {
    const draw = generator(seed);
    const victim = draw(6);
    const result = await start('traffic.js', seed, 25, draw(25), victim, end).result;
    const host = `h${1 + Math.floor(victim / 2)}`;
    expect(result.stderr).toMatch(new RegExp(`^tsrun: rank ${victim} of 6 ${words} \\(${host}, pid \\d+\\)\\n`));
    expect(result.stderr.match(/^tsrun: /gm)).toHaveLength(2);
    expect(result.code).toBe(code);
  });

  test.each([
    [21, 'a rank', /rank-main/, /^tsrun: rank \d of 6 was killed by SIGKILL \(HOST, pid \d+\)\n/, 137],
    [22, 'an agent', /^tsmpi-agent/, /^tsrun: lost host HOST, with ranks \d to \d of 6\n/, 1],
    [23, 'an ssh server', /^sshd:/, /^tsrun: lost host HOST, with ranks \d to \d of 6\n/, 1],
  ])('somebody kills (seed %i) %s', async (seed, _, command, report, code) => {
    const draw = generator(seed);
    const host = hosts.names[draw(3)]!;
    const job = start('traffic.js', seed, 1_000_000, -1, 0, '');
    await job.printed(/(up\s+){6}/);
    await new Promise((resolve) => setTimeout(resolve, draw(500)));
    const found = hosts.processes(host).filter((one) => command.test(one.command));
    process.kill(found[draw(found.length)]!.outer, 'SIGKILL');
    const result = await job.result;
    expect(result.stderr).toMatch(new RegExp(report.source.replace('HOST', host)));
    expect(result.stderr.match(/^tsrun: /gm)).toHaveLength(2);
    expect(result.code).toBe(code);
  });

  test.each([31, 32])('tsrun is killed, also while it starts (seed %i)', async (seed) => {
    const job = start('traffic.js', seed, 1_000_000, -1, 0, '');
    await expect.poll(() => hosts.processes('h3').length, { timeout: 10_000, interval: 5 }).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, generator(seed)(1000)));
    job.kill('SIGKILL');
    expect((await job.result).signal).toBe('SIGKILL');
  });
});
