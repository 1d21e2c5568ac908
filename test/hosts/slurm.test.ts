/** Jobs on the nodes of a Slurm cluster: in an allocation, where tsrun starts the ranks, and as the tasks of a step. */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { describeHosts } from '../helpers/describe-hosts.ts';
import { noSlurm, type Slurm, startSlurm } from '../helpers/slurm.ts';
import { TSRUN, type Tsrun, type TsrunOptions } from '../helpers/tsrun.ts';

const PROJECT = join(import.meta.dirname, '../..');

const WHERE = `import { hostname } from 'node:os';
import { world } from 'tsmpi';
const { TSMPI_HOST, TSMPI_LOCAL_RANK } = process.env;
const lines = await world.gather([world.rank, world.size, TSMPI_HOST, hostname(), TSMPI_LOCAL_RANK].join(' '), 0);
if (lines !== undefined) console.log(lines.join('\\n'));
`;

const FAILING = `import { world } from 'tsmpi';
await world.barrier();
if (world.rank === 3) fail(undefined);
await world.recv(3, 5);

function fail(rows: unknown): void {
  for (const row of rows as number[]) console.log(row);
}
`;

/** Hears nothing but SIGKILL. What the second barrier sends needs no new links: all of it is on its way when the loop begins. */
const COMPUTING = `import { world } from 'tsmpi';
for (const signal of ['SIGTERM', 'SIGINT', 'SIGCONT']) process.on(signal, () => {});
await world.barrier();
console.log('up');
await world.barrier();
for (;;);
`;

/** What {@link WHERE} prints for ranks on these hosts. */
function places(...hosts: string[]): string {
  const line = (host: string, rank: number): string =>
    `${rank} ${hosts.length} ${host} ${host} ${hosts.slice(0, rank).filter((other) => other === host).length}\n`;
  return hosts.map(line).join('');
}

describeHosts(
  'a job on nodes of Slurm',
  () => {
    let slurm: Slurm;
    let cwd: string;
    beforeAll(async () => {
      slurm = await startSlurm();
      cwd = slurm.hosts.scripts({ 'where.ts': WHERE, 'failing.ts': FAILING, 'computing.ts': COMPUTING });
    });
    afterEach(() => slurm.quiet(6000));
    afterAll(() => slurm?.close());

    const salloc = (...options: string[]): string[] => ['salloc', '--quiet', ...options];
    const BOTH = salloc('--nodes=2', '--ntasks=4');

    /** Starts it, and waits until its four ranks have printed `up`. */
    async function computing(under: readonly string[], options: TsrunOptions = {}): Promise<Tsrun> {
      const job = slurm.tsrun(under, ['computing.ts'], { cwd, ...options });
      await job.printed(/(up\s+){4}/);
      return job;
    }

    /** Of the first process on a host whose command line matches. */
    function find(host: string, command: RegExp): number {
      const all = slurm.processes(host);
      const found = all.find((one) => command.test(one.command));
      if (found === undefined) throw new Error(`none is ${command}: ${all.map((one) => one.command).join('\n')}`);
      return found.outer;
    }

    /** Ranks, agents, and the clients of their steps, on all hosts. */
    const ours = (): string[] =>
      ['login', 'h1', 'h2'].flatMap((host) =>
        slurm.processes(host).flatMap(({ command }) => (/tsmpi-agent|rank-main|^srun /.test(command) ? [command] : [])),
      );

    describe('in an allocation', () => {
      test.each<[string, string[], string[], string[]]>([
        ['has a rank for each task', [], [], ['h1', 'h1', 'h1', 'h2']],
        ['has fewer with -n', [], ['-n', '2'], ['h1', 'h1']],
        ['is dealt out with --map-by node', [], ['--map-by', 'node'], ['h1', 'h2', 'h1', 'h1']],
        ['has ranks as tasks for each node', ['--ntasks-per-node=2'], [], ['h1', 'h1', 'h2', 'h2']],
        ['is started as a tree', [], ['--fan-out', '1'], ['h1', 'h1', 'h1', 'h2']],
        ['has room for the processors of each task', ['--cpus-per-task=2'], [], ['h1', 'h1', 'h2', 'h2']],
      ])('%s', async (_, more, args, hosts) => {
        const { code, stdout, stderr } = await slurm.tsrun([...BOTH, ...more], [...args, 'where.ts'], { cwd }).result;
        expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: places(...hosts), stderr: '' });
      });

      test('goes wherever the allocation is', async () => {
        const under = salloc('--nodes=1', '--ntasks=2', '--nodelist=h2');
        expect((await slurm.tsrun(under, ['where.ts'], { cwd }).result).stdout).toBe(places('h2', 'h2'));
      });

      test('is what a batch script runs, which has its exit code', async () => {
        const lines = (script: string) => `cd ${cwd}\nexec ${process.execPath} ${TSRUN} ${script}`;
        // Slurm takes what is exported to a batch script for the environment of its steps too.
        const good = await slurm.submit(['--nodes=2', '--ntasks=4', '--export=NONE'], lines('where.ts'));
        expect(await slurm.outcome(good)).toEqual({ code: 0, stdout: places('h1', 'h1', 'h1', 'h2'), stderr: '' });
        const bad = await slurm.submit(['--nodes=2', '--ntasks=4'], lines('failing.ts'));
        expect(await slurm.outcome(bad)).toMatchObject({
          code: 1,
          stdout: '',
          stderr: expect.stringMatching(/rank 3 of 4/),
        });
      });

      test('is what is typed in an interactive step', async () => {
        const under = [...BOTH, 'srun', '--interactive', '--preserve-env'];
        const { stdout, stderr } = await slurm.tsrun(under, ['where.ts'], { cwd }).result;
        expect({ stdout, stderr }).toEqual({ stdout: places('h1', 'h1', 'h1', 'h2'), stderr: '' });
      });

      test('carries input and output, byte by byte', async () => {
        const echo = slurm.hosts.scripts({
          'echo.ts': `import { world } from 'tsmpi';
for await (const chunk of world.rank === 3 ? process.stdin : []) process.stdout.write(chunk);
`,
        });
        const data = Buffer.from(Array.from({ length: 2 ** 20 }, (_, i) => (i % 3 === 0 ? i >> 12 : i)));
        const args = ['--stdin', '3', 'echo.ts'];
        const { bytes, stderr } = await slurm.tsrun(BOTH, args, { cwd: echo, stdin: data }).result;
        expect(stderr).toBe('');
        expect(bytes.equals(data)).toBe(true);
      });

      test('names the rank that failed, and its node', async () => {
        const { code, stdout, stderr } = await slurm.tsrun(BOTH, ['failing.ts'], { cwd }).result;
        expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
        expect(stderr).toMatch(
          /^tsrun: rank 3 of 4 failed \(h2, pid \d+\)\nTypeError: rows is not iterable\n {4}at fail \(failing.ts:7:21\)\n.*\ntsrun: stopped the other 3 ranks, exit code 1\n/,
        );
      });

      test('runs beside another one', async () => {
        const script = `"$0" "$1" where.ts & "$0" "$1" where.ts; wait`;
        const { stdout } = await slurm.run(...BOTH, 'sh', '-c', `cd ${cwd}; ${script}`, process.execPath, TSRUN);
        expect(stdout.split('\n').sort().join('\n').trim()).toBe(
          places('h1', 'h1', 'h1', 'h2').replace(/.*\n/g, '$&$&').trim(),
        );
      });
    });

    describe('leaves nothing behind', () => {
      /** In an allocation that outlives it. */
      async function inLasting(): Promise<Tsrun> {
        const { stderr } = await slurm.run('salloc', '--no-shell', '--nodes=2', '--ntasks=4');
        const SLURM_JOB_ID = stderr.match(/job allocation (\d+)/)![1];
        const env = { SLURM_JOB_ID, SLURM_JOB_NODELIST: 'h[1-2]', SLURM_TASKS_PER_NODE: '3,1', SLURM_NTASKS: '4' };
        return computing([], { env });
      }

      /** Slurm has killed the step on h2, agent and guard at once: nobody else is left who would. */
      const removeFolder = () => slurm.hosts.do('h2', 'sh', '-c', 'rm -r /tmp/tsrun-*');

      test('when tsrun gets SIGINT', async () => {
        const job = await inLasting();
        job.kill('SIGINT');
        expect(await job.result).toMatchObject({ code: 130, stderr: expect.stringMatching(/SIGINT/) });
        expect(ours()).toEqual([]);
      });

      test('when tsrun is killed', async () => {
        const job = await inLasting();
        job.kill('SIGKILL');
        await vi.waitUntil(() => ours().length === 0, { timeout: 3000 });
        await job.result;
      });

      test('when tsrun is killed, and every srun with it', async () => {
        const job = await inLasting();
        job.kill('SIGSTOP');
        for (const { outer, command } of slurm.processes('login'))
          if (command.startsWith('srun ')) process.kill(outer, 'SIGKILL');
        job.kill('SIGKILL');
        // What led here has stopped with it.
        job.child.kill('SIGCONT');
        await job.result;
        // The agents hear nothing any more, unless Slurm is quicker and kills them, with their guards.
        await vi.waitUntil(() => ours().length === 0, { timeout: 30_000 });
        slurm.hosts.sweep();
      });

      test('when srun is killed, and says which node is lost', async () => {
        const job = await inLasting();
        process.kill(find('login', /^srun .*--nodelist=h2 /), 'SIGKILL');
        const { code, stderr } = await job.result;
        expect(stderr).toMatch(/^tsrun: lost host h2, with rank 3 of 4\nsrun was killed by SIGKILL\n/);
        expect(code).toBeGreaterThan(0);
        await vi.waitUntil(() => ours().length === 0, { timeout: 30_000 });
        await removeFolder();
      });

      test('when the step of an agent is cancelled, and says so', async () => {
        const job = await inLasting();
        const { stdout: step } = await slurm.run('squeue', '--steps', '--nodelist=h2', '--noheader', '--format=%i');
        await slurm.run('scancel', step.trim());
        const { code, stderr } = await job.result;
        expect(stderr).toMatch(
          /^tsrun: lost host h2, with rank 3 of 4\n.* \*\*\* STEP \S+ ON h2 CANCELLED AT .* \*\*\*\n/,
        );
        expect(code).toBe(1);
        await removeFolder();
      });

      test('when the allocation is cancelled', async () => {
        const job = await computing(BOTH);
        const { stdout: number } = await slurm.run('squeue', '--noheader', '--format=%A', '--states=RUNNING');
        await slurm.run('scancel', number.trim());
        expect((await job.result).code).not.toBe(0);
      });

      test('when a batch job is cancelled', async () => {
        const run = `cd ${cwd}\n${process.execPath} ${TSRUN} computing.ts`;
        const number = await slurm.submit(['--nodes=2', '--ntasks=4'], run);
        await vi.waitUntil(() => ours().filter((command) => command.includes('rank-main')).length === 4, {
          timeout: 20_000,
        });
        await slurm.run('scancel', number);
        await slurm.outcome(number);
      });
    });

    describe('as tasks of srun', () => {
      test.each<[string, string[], string[]]>([
        ['on one node', ['--nodes=1', '--ntasks=4'], ['h1', 'h1', 'h1', 'h1']],
        ['on two nodes with --mpi=pmi2', ['--nodes=2', '--ntasks=4', '--mpi=pmi2'], ['h1', 'h1', 'h1', 'h2']],
        ['in a step of an allocation', ['--nodes=1', '--ntasks=2', '--mpi=pmi2'], ['h1', 'h1']],
      ])('are one world %s', async (title, options, hosts) => {
        const under = [...(title.includes('allocation') ? BOTH : []), 'srun', ...options];
        const { code, stdout, stderr } = await slurm.tsrun(under, ['where.ts'], { cwd }).result;
        expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: places(...hosts), stderr: '' });
      });

      test('are one world through npx', async () => {
        const argv = ['srun', '--ntasks=4', `--chdir=${PROJECT}`, 'npx', 'tsrun', join(cwd, 'where.ts')];
        expect(await slurm.run(...argv)).toMatchObject({ code: 0, stdout: places('h1', 'h1', 'h1', 'h1') });
      });

      test('say that npx hides PMI from them', async () => {
        const argv = ['srun', '--nodes=2', '--mpi=pmi2', `--chdir=${PROJECT}`, 'npx', 'tsrun', join(cwd, 'where.ts')];
        const { code, stderr } = await slurm.run(...argv);
        expect(stderr).toMatch(/^tsrun: .*PMI_FD=\d+ is not open here, .* node_modules\/\.bin\/tsrun /m);
        expect(code).toBe(125);
      });

      test('that cannot find each other say how they would', async () => {
        const under = ['srun', '--nodes=2', '--ntasks=4'];
        const options = { cwd, env: { TSMPI_RENDEZVOUS_TIMEOUT: '2' } };
        const { code, stdout, stderr } = await slurm.tsrun(under, ['where.ts'], options).result;
        expect({ code, stdout }).toEqual({ code: 125, stdout: '' });
        expect(stderr).toMatch(/srun --mpi=pmi2/);
      });

      test('name the rank that failed, and end', async () => {
        const under = ['srun', '--nodes=2', '--ntasks=4', '--mpi=pmi2'];
        const { code, stderr } = await slurm.tsrun(under, ['failing.ts'], { cwd }).result;
        expect(code).toBe(1);
        expect(stderr).toMatch(/tsrun: rank 3 of 4 failed \(h2, pid \d+\)\nTypeError: rows is not iterable\n/);
      });

      test('end when one of them is killed', async () => {
        const job = await computing(['srun', '--nodes=2', '--ntasks=4', '--mpi=pmi2']);
        process.kill(find('h2', /^\S*node .*tsrun/), 'SIGKILL');
        expect((await job.result).code).not.toBe(0);
      });
    });
  },
  noSlurm(),
);
