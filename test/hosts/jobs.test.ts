/** What a job across hosts does when all is well: the same as on one machine. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { describeHosts } from '../helpers/describe-hosts.ts';
import { type Hosts, startHosts } from '../helpers/hosts.ts';

const PROJECT = join(import.meta.dirname, '../..');
const ARRAY_SUM = join(PROJECT, 'examples/01-array-sum.ts');

describeHosts('a job on several hosts', () => {
  let hosts: Hosts;
  beforeAll(async () => {
    hosts = await startHosts(4);
  });
  afterEach(() => hosts.quiet());
  afterAll(() => hosts?.close());

  /** `h1:2,h2:2` */
  const slots = (count: number, each: number) =>
    hosts.names
      .slice(0, count)
      .map((name) => `${name}:${each}`)
      .join();

  test.each([
    [2, 1],
    [2, 2],
    [2, 3],
    [2, 4],
    [4, 1],
    [4, 2],
    [4, 3],
    [4, 4],
  ])('sums up an array on %i hosts with %i ranks each', async (count, each) => {
    const { code, stdout, stderr } = await hosts.tsrun(['-H', slots(count, each), ARRAY_SUM]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(new RegExp(`^ranks {2}${count * each}$`, 'm'));
    expect(stdout).toMatch(/^sum {4}1500159$/m);
    expect(code).toBe(0);
  });

  test('runs the first program of the README', async () => {
    const readme = readFileSync(join(PROJECT, 'README.md'), 'utf8');
    const cwd = hosts.scripts({ 'sum.ts': readme.match(/^```ts\n([\s\S]+?)^```/m)![1]! });
    const job = await hosts.tsrun(['-n', '4', '-H', 'h1,h2,h3', 'sum.ts'], { cwd });
    expect(job).toMatchObject({ code: 0, stdout: '4 ranks, every element is 6\n', stderr: '' });
  });

  test.each([
    ['h1:2,h2:2', 'slot'],
    ['h1:3,h2:1,h3:2', 'slot'],
    ['h1:2,h2:2', 'node'],
  ])('has collectives in two levels on %s, mapped by %s', async (list, by) => {
    const cwd = hosts.scripts({
      'levels.ts': `import { SUM, world } from 'tsmpi';
const { rank, size } = world;
const same = (array: Float64Array, value: number) => array.every((element) => element === value);
let wrong = 0;
// Long enough to go in pieces; from the ninth call on hosts have memory that their ranks share.
for (let call = 0; call < 6; call++) {
  for (const length of [1, 300_000]) {
    const root = call % size;
    await world.barrier({ algorithm: 'twoLevel' });
    const sum = await world.allreduce(new Float64Array(length).fill(rank + call), SUM, { algorithm: 'twoLevel' });
    if (!same(sum, (size * (size - 1)) / 2 + size * call)) wrong++;
    const all = await world.reduce(sum, SUM, root, { algorithm: 'twoLevel' });
    if (all !== undefined && !same(all, size * sum[0]!)) wrong++;
    const given = await world.bcast(rank === root ? sum : undefined, root);
    if (!same(given, sum[0]!)) wrong++;
    const parts = await world.allgather(new Float64Array(length).fill(rank));
    for (const [source, part] of parts.entries()) if (!same(part, source)) wrong++;
  }
}
const total = await world.reduce(wrong);
if (rank === 0) console.log(\`\${size} ranks, \${total} wrong\`);
`,
    });
    const job = await hosts.tsrun(['-H', list, '--map-by', by, 'levels.ts'], { cwd });
    expect(job).toMatchObject({ code: 0, stderr: '' });
    expect(job.stdout).toMatch(/^[46] ranks, 0 wrong\n$/);
  });

  describe('tells each rank where it is', () => {
    const files = {
      'where.ts': `import { hostname } from 'node:os';
import { world } from 'tsmpi';
const { TSMPI_RANK, TSMPI_SIZE, TSMPI_HOST, TSMPI_LOCAL_RANK, TSMPI_LOCAL_SIZE, COLOUR } = process.env;
const line = [TSMPI_RANK, TSMPI_SIZE, TSMPI_HOST, TSMPI_LOCAL_RANK, TSMPI_LOCAL_SIZE, hostname(), process.cwd(), COLOUR];
const lines = await world.gather(line.join(' '), 0);
if (lines !== undefined) console.log(lines.join('\\n'));
`,
    };

    test.each([
      ['login', 'h1:1,h2:2', ['h1 0 1 h1', 'h2 0 2 h2', 'h2 1 2 h2']],
      ['login', 'h1:2,login:1', ['h1 0 2 h1', 'h1 1 2 h1', 'login 0 1 login']],
      ['h1', 'h1:1,h2:1', ['h1 0 1 h1', 'h2 0 1 h2']],
      ['h2', 'h1:1,h3:1', ['h1 0 1 h1', 'h3 0 1 h3']],
    ])('with tsrun on %s and -H %s', async (host, list, places) => {
      const cwd = hosts.scripts(files);
      const { code, stdout, stderr } = await hosts.tsrun(['-H', list, '-x', 'COLOUR=blue', 'where.ts'], { host, cwd });
      expect(stderr).toBe('');
      const size = places.length;
      expect(stdout.trim().split('\n')).toEqual(
        places.map((place, rank) => {
          const [name, local, locals, own] = place.split(' ');
          return `${rank} ${size} ${name} ${local} ${locals} ${own} ${cwd} blue`;
        }),
      );
      expect(code).toBe(0);
    });

    test('with a hostfile, in turn', async () => {
      const cwd = hosts.scripts({ ...files, 'hosts.txt': '# ours\r\nh3 slots=2\r\nh4:2\r\n' });
      const { stdout, stderr } = await hosts.tsrun(['--hostfile', 'hosts.txt', '--map-by', 'node', 'where.ts'], {
        cwd,
      });
      expect(stderr).toBe('');
      expect(stdout.match(/h\d(?= [01] 2)/g)).toEqual(['h3', 'h4', 'h3', 'h4']);
    });
  });

  test('runs several programs, each on its ranks', async () => {
    const cwd = hosts.scripts({
      'a.ts': "import { world } from 'tsmpi';\nconsole.log('a', process.env.TSMPI_HOST, await world.allgather('a'));\n",
      'b.ts': "import { world } from 'tsmpi';\nawait world.allgather('b');\n",
    });
    const job = await hosts.tsrun(['-H', 'h1:2,h2:2', '-n', '1', 'a.ts', ':', '-n', '3', 'b.ts'], { cwd });
    expect(job).toMatchObject({ code: 0, stdout: "a h1 [ 'a', 'b', 'b', 'b' ]\n", stderr: '' });
  });

  test('has hosts in its events', async () => {
    const cwd = hosts.scripts({ 'job.ts': "console.log('there');\n" });
    const { stdout } = await hosts.tsrun(['--json', '-H', 'h1:1,h2:1', 'job.ts'], { cwd });
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events).toContainEqual({ event: 'spawn', rank: 1, pid: expect.any(Number), host: 'h2' });
    expect(events).toContainEqual(expect.objectContaining({ event: 'output', rank: 1, text: 'there\n' }));
    expect(events.at(-1)).toMatchObject({ event: 'end', exitCode: 0 });
  });

  test('lets other jobs be on the same hosts', async () => {
    const jobs = [1, 2, 3].map(() => hosts.tsrun(['-H', slots(2, 2), '--port-range', '43000-43007', ARRAY_SUM]));
    for (const job of jobs) expect(await job).toMatchObject({ code: 0, stderr: '' });
  });

  test('forwards output in whole lines, each stream to its own', async () => {
    const cwd = hosts.scripts({
      'lines.ts': `import { world } from 'tsmpi';
await world.barrier();
for (let i = 0; i < 500; i++) console.log(world.rank, i, 'x'.repeat(i));
console.error('error', world.rank);
process.stdout.write('end ' + world.rank);
`,
    });
    const args = ['-H', slots(3, 1), '--prefix', 'always', '--output-dir', 'out', 'lines.ts'];
    const { code, stdout, stderr } = await hosts.tsrun(args, { cwd });
    expect(code).toBe(0);
    expect(readFileSync(join(cwd, 'out/rank-0002.err'), 'utf8')).toBe('error 2\n');
    expect(stderr.split('\n').sort()).toEqual(['', '[0] error 0', '[1] error 1', '[2] error 2']);
    for (const rank of [0, 1, 2]) {
      const lines = stdout.split('\n').filter((line) => line.startsWith(`[${rank}] `));
      const wanted = Array.from({ length: 500 }, (_, i) => `[${rank}] ${rank} ${i} ${'x'.repeat(i)}`);
      expect(lines).toEqual([...wanted, `[${rank}] end ${rank}`]);
    }
  });

  test('waits on its hosts where nobody reads what it prints, and keeps nothing of it', async () => {
    const cwd = hosts.scripts({ 'flood.ts': "for (let i = 0; i < 2500; i++) console.log(i, 'x'.repeat(50_000));\n" });
    const job = hosts.startTsrun(['-H', 'h1:1', 'flood.ts'], { cwd });
    job.child.stdout!.pause();
    const find = (part: string) => hosts.processes('h1').find(({ command }) => command.includes(part))?.outer;
    await expect.poll(() => find('rank-main'), { timeout: 10_000 }).toBeDefined();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(find('rank-main')).toBeDefined();
    // The rank has 125 MB to say, and Node.js itself takes 70 MB.
    for (const pid of [job.pid, find('tsmpi-agent')!]) expect(peakMemory(pid)).toBeLessThan(150);
    job.child.stdout!.resume();
    const { code, bytes } = await job.result;
    expect(bytes.length).toBeGreaterThan(125_000_000);
    expect(code).toBe(0);
  });

  test('gives its standard input to a rank on another host, or to all', async () => {
    const cwd = hosts.scripts({
      'input.ts': `import { createHash } from 'node:crypto';
import { world } from 'tsmpi';
const hash = createHash('sha256');
for await (const chunk of process.stdin) hash.update(chunk);
const all = await world.gather(hash.digest('hex'));
if (all) console.log(all.join('\\n'));
`,
    });
    const input = Buffer.alloc(3_000_000, 'many lines\n');
    const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    const [whole, none] = [digest(input), digest(new Uint8Array())];
    for (const [target, wanted] of [
      ['2', [none, none, whole]],
      ['all', [whole, whole, whole]],
    ] as const) {
      const job = await hosts.tsrun(['-H', 'login:1,h1:1,h2:1', '--stdin', target, 'input.ts'], { cwd, stdin: input });
      expect(job).toMatchObject({ code: 0, stdout: `${wanted.join('\n')}\n`, stderr: '' });
    }
  });

  describe('on a host that has not got the script', () => {
    const files = {
      'project/package.json': '{ "type": "module" }',
      'project/lib/data.txt': 'data',
      'project/lib/part.ts': 'export const where: string = import.meta.dirname;\n',
      'project/lib/job.ts': `import { readFileSync } from 'node:fs';
import { world } from 'tsmpi';
import { where } from './part.ts';
console.log(process.env.TSMPI_HOST, readFileSync(where + '/data.txt', 'utf8'), await world.allgather(world.rank));
`,
    };

    test('the script itself comes by itself, and with --sync so does the folder of its project', async () => {
      const cwd = hosts.scripts(files);
      const without = ['h2', 'h3'];
      for (const host of without) await hosts.do(host, 'mount', '-n', '-t', 'tmpfs', 'none', cwd);
      const script = 'project/lib/job.ts';
      try {
        const alone = await hosts.tsrun(['-H', 'h1:1,h2:1', script], { cwd });
        expect(alone.stderr).toMatch(/^tsrun: rank 1 of 2 failed \(h2, pid \d+\)\nError: ENOENT: .*data\.txt/);
        expect(alone.code).toBe(1);
        // Each host starts the next: h2, which has got the folder, has to pass it on.
        const synced = await hosts.tsrun(['--sync', '--fan-out', '1', '-H', slots(3, 1), script], { cwd });
        expect(synced).toMatchObject({ code: 0, stderr: '' });
        const lines = hosts.names.slice(0, 3).map((host) => `${host} data [ 0, 1, 2 ]`);
        expect(synced.stdout.split('\n').sort()).toEqual(['', ...lines]);
        expect(await hosts.do('h3', 'cat', join(cwd, 'project/lib/data.txt'))).toBe('data');
      } finally {
        for (const host of without) await hosts.do(host, 'umount', cwd);
      }
    });
  });

  test.each([1, 2])('with --fan-out %i, hosts start each other as a tree', async (fanOut) => {
    const cwd = hosts.scripts({
      'tree.ts': `import { SUM, world } from 'tsmpi';
console.log('sum', await world.allreduce(world.rank, SUM));
for await (const _ of process.stdin);
`,
    });
    const job = hosts.startTsrun(['-H', slots(4, 1), '--fan-out', `${fanOut}`, '--stdin', '3', 'tree.ts'], {
      cwd,
      stdin: 'open',
    });
    await job.printed(/(sum 6\s+){4}/);
    const connections = ['login', ...hosts.names].map(
      (host) => hosts.processes(host).filter(({ command }) => /^ssh /.test(command)).length,
    );
    expect(connections).toEqual(fanOut === 1 ? [1, 1, 1, 1, 0] : [2, 1, 0, 1, 0]);
    job.child.stdin!.end();
    expect(await job.result).toMatchObject({ code: 0, stderr: '' });
  });
});

/** The most that a process has had in memory so far, in MB. */
function peakMemory(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/status`, 'latin1').match(/^VmHWM:\s+(\d+) kB$/m)![1]) / 1000;
}
