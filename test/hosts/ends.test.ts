/** How a job on several hosts ends when something goes wrong: who is named, and that nothing is left on any host. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { describeHosts } from '../helpers/describe-hosts.ts';
import { type Hosts, type HostTsrunOptions, startHosts } from '../helpers/hosts.ts';
import type { Tsrun } from '../helpers/tsrun.ts';

const WAITING = `import { world } from 'tsmpi';
await world.barrier();
console.log('up');
await world.recv((world.rank + 1) % world.size, 3);
`;

const COMPUTING = `import { setTimeout } from 'node:timers/promises';
import { world } from 'tsmpi';
await world.barrier();
console.log('up');
await setTimeout(1);
for (;;);
`;
/** Only SIGKILL ends these ranks. */
const STUBBORN = COMPUTING.replace('console', "process.on('SIGTERM', () => {});\nconsole");

describeHosts('the end of a job on several hosts', () => {
  let hosts: Hosts;
  beforeAll(async () => {
    hosts = await startHosts(3);
  });
  afterEach(() => hosts.quiet());
  afterAll(() => hosts?.close());

  /** Starts it, and waits until its four ranks, or as many as there are, have printed `up`. */
  async function running(
    text: string,
    args: string[] = [],
    options: HostTsrunOptions & { ranks?: number } = {},
  ): Promise<Tsrun> {
    const { ranks = 4, ...rest } = options;
    const cwd = hosts.scripts({ 'job.ts': text });
    const list = args.includes('-H') ? [] : ['-H', 'h1:2,h2:2'];
    const job = hosts.startTsrun([...list, ...args, 'job.ts'], { cwd, ...rest });
    await job.printed(new RegExp(`(up\\s+){${ranks}}`));
    return job;
  }

  /** The first process on a host whose command line matches. */
  function find(host: string, command: RegExp): number {
    const all = hosts.processes(host);
    const found = all.find((one) => command.test(one.command));
    if (found === undefined)
      throw new Error(`none of these is ${command}: ${all.map((one) => one.command).join('\n')}`);
    return found.outer;
  }
  const AGENT = /^tsmpi-agent/;
  const RANK = /rank-main/;
  const SSH = (host: string) => new RegExp(`^ssh .* ${host} `);

  describe('a rank that fails on another host', () => {
    test('is named with its host, its process and the line of TypeScript', async () => {
      const cwd = hosts.scripts({
        'job.ts': `import { world } from 'tsmpi';
await world.barrier();
if (world.rank === 3) {
  console.log('pid', process.pid);
  fail(undefined);
}
await world.recv(3, 5);

function fail(rows: unknown): void {
  for (const row of rows as number[]) console.log(row);
}
`,
      });
      const { code, stdout, stderr } = await hosts.tsrun(['-H', 'h1:2,h2:2', 'job.ts'], { cwd });
      const pid = stdout.match(/pid (\d+)/)![1];
      expect(stderr).toBe(`tsrun: rank 3 of 4 failed (h2, pid ${pid})
TypeError: rows is not iterable
    at fail (job.ts:10:21)
    at job.ts:5:3
tsrun: stopped the other 3 ranks, exit code 1
`);
      expect(code).toBe(1);
    });

    test('by leaving too early, before anybody has a link to it, is missed', async () => {
      const cwd = hosts.scripts({
        'job.ts': `import { world } from 'tsmpi';\nif (world.rank === 1) process.exit(0);\nawait world.recv(1);\n`,
      });
      const { code, stderr } = await hosts.tsrun(['-H', 'h1:1,h2:1', 'job.ts'], { cwd });
      expect(stderr).toMatch(/^tsrun: rank 1 of 2 exited too early \(h2, pid \d+\)\n/);
      expect(code).toBe(1);
    });

    test('gives its exit code', async () => {
      const cwd = hosts.scripts({
        'job.ts': "import { world } from 'tsmpi';\nif (world.rank === 2) process.exit(7);\nawait world.barrier();\n",
      });
      const { code, stderr } = await hosts.tsrun(['-H', 'h1:2,h2:2', 'job.ts'], { cwd });
      expect(stderr).toMatch(/^tsrun: rank 2 of 4 exited with code 7 \(h2, pid \d+\)\n/);
      expect(code).toBe(7);
    });

    test('because somebody killed it, is named with the signal', async () => {
      const job = await running(WAITING);
      process.kill(find('h2', RANK), 'SIGKILL');
      const { code, stderr } = await job.result;
      expect(stderr).toMatch(/^tsrun: rank [23] of 4 was killed by SIGKILL \(h2, pid \d+\)\n/);
      expect(code).toBe(137);
    });

    test('leaves computing ranks of other hosts no choice', async () => {
      const cwd = hosts.scripts({
        'job.ts': `${STUBBORN.replace('for (;;);', "if (world.rank !== 0) for (;;);\nthrow new Error('enough');")}`,
      });
      const { code, stderr } = await hosts.tsrun(['-H', 'h1:2,h2:2', 'job.ts'], { cwd });
      expect(stderr).toMatch(/^tsrun: rank 0 of 4 failed \(h1, pid \d+\)\nError: enough\n/);
      expect(code).toBe(1);
    });
  });

  describe('a host that is lost is named', () => {
    async function lost(job: Tsrun, host: string): Promise<void> {
      const began = performance.now();
      const { code, stderr } = await job.result;
      expect(performance.now() - began).toBeLessThan(10_000);
      expect(stderr).toMatch(
        new RegExp(
          `^tsrun: lost host ${host}, with ranks 2 to 3 of 4\n.+\ntsrun: stopped the other 2 ranks, exit code \\d+\n$`,
        ),
      );
      expect(code).not.toBe(0);
    }

    test('within ten seconds when its cable is out', async () => {
      const job = await running(COMPUTING);
      await hosts.pull('h2');
      try {
        await lost(job, 'h2');
      } finally {
        // What cannot be heard ends by itself, with the cable out; the ssh server has to wait for news.
        const left = () => hosts.processes('h2').filter(({ command }) => !command.startsWith('sshd'));
        await expect
          .poll(left, { timeout: 10_000 })
          .toEqual([])
          .finally(() => hosts.plug('h2'));
      }
    });

    test('when its agent is killed', async () => {
      const job = await running(COMPUTING);
      process.kill(find('h2', AGENT), 'SIGKILL');
      await lost(job, 'h2');
    });

    test('when the connection to it is killed here', async () => {
      const job = await running(COMPUTING);
      process.kill(find('login', SSH('h2')), 'SIGKILL');
      await lost(job, 'h2');
    });

    test('when the connection to it is killed there', async () => {
      const job = await running(WAITING);
      hosts.killSsh('h2');
      await lost(job, 'h2');
    });

    test('in a tree, with all hosts behind it', async () => {
      const job = await running(COMPUTING, ['-H', 'h1:1,h2:1,h3:1', '--fan-out', '1'], { ranks: 3 });
      process.kill(find('h2', AGENT), 'SIGKILL');
      const { code, stderr } = await job.result;
      expect(stderr).toMatch(/^tsrun: lost host h2, with ranks 1 to 2 of 3\n/);
      expect(code).not.toBe(0);
    });
  });

  describe('SIGKILL to tsrun leaves nothing', () => {
    test.each<[string, string, string[]]>([
      ['of ranks that wait', WAITING, []],
      ['of ranks that compute', STUBBORN, []],
      ['of ranks that compute in a tree', COMPUTING, ['-H', 'h1:1,h2:1,h3:2', '--fan-out', '1']],
    ])('%s', async (_, text, args) => {
      const job = await running(text, args);
      job.kill('SIGKILL');
      expect((await job.result).signal).toBe('SIGKILL');
      await hosts.quiet(3000);
    });

    test('of a job that tsrun has a part of itself', async () => {
      const job = await running(COMPUTING, ['-H', 'h1:2,h2:2'], { host: 'h1' });
      job.kill('SIGKILL');
      await job.result;
      await hosts.quiet(3000);
    });
  });

  describe('a signal to tsrun', () => {
    test.each([
      ['SIGINT', 130, WAITING],
      ['SIGTERM', 143, STUBBORN],
    ] as const)('%s ends the job on all hosts with exit code %i and one line', async (signal, code, text) => {
      const job = await running(text, ['-H', 'h1:1,h2:1,h3:2']);
      job.kill(signal);
      const result = await job.result;
      expect(result.stderr).toBe(`tsrun: ${signal}: stopped 4 ranks, exit code ${code}\n`);
      expect(result.code).toBe(code);
      await hosts.quiet(1000);
    });

    test('while the hosts are being reached leaves nothing', async () => {
      const cwd = hosts.scripts({ 'job.ts': WAITING });
      const job = hosts.startTsrun(['-H', 'h1:2,h2:2', 'job.ts'], { cwd });
      await expect.poll(() => hosts.processes('h2').length, { timeout: 10_000, interval: 5 }).toBeGreaterThan(0);
      job.kill('SIGINT');
      const { code, signal } = await job.result;
      // As a shell would have it: its own code, or that of the signal.
      expect(code ?? signal).toSatisfy((end) => end === 130 || end === 'SIGINT');
    });

    test('stops a job, for longer than a silent host is trusted, and lets it go on', { timeout: 60_000 }, async () => {
      const job = await running(
        "import { world } from 'tsmpi';\nawait world.barrier();\nconsole.log('up');\nfor await (const _ of process.stdin);\nawait world.barrier();\n",
        [],
        { stdin: 'open' },
      );
      job.kill('SIGTSTP');
      await new Promise((resolve) => setTimeout(resolve, 8000));
      job.kill('SIGCONT');
      job.child.stdin!.end();
      expect(await job.result).toMatchObject({ code: 0, stderr: '' });
    });
  });

  test('--timeout says where the ranks of all hosts were', async () => {
    const cwd = hosts.scripts({
      'job.ts': `import { setTimeout } from 'node:timers/promises';
import { world } from 'tsmpi';
await world.barrier();
await setTimeout(1);
if (world.rank === 0) await world.recv(3, 5);
else if (world.rank === 2) await setTimeout(60_000);
else if (world.rank === 3) for (;;);
`,
    });
    const { code, stderr } = await hosts.tsrun(['-H', 'h1:2,h2:2', '--timeout', '4', 'job.ts'], { cwd });
    expect(stderr).toMatch(/^tsrun: the job was not done after 4 s\n/);
    expect(stderr).toMatch(/^ {4}rank 0 {2}h1 {2}recv\(source 3, tag 5\).* at job\.ts:5:\d+$/m);
    expect(stderr).toMatch(/^ {4}rank 2 {2}h2 {2}waiting for something outside tsmpi$/m);
    expect(stderr).toMatch(/^ {4}rank 3 {2}h2 {2}computing \(did not answer\)$/m);
    expect(stderr).toMatch(/exit code 124\n$/);
    expect(code).toBe(124);
  });
});
