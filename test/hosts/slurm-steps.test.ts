/** The steps that agents run in: what a node of Slurm gives them, and what is said when there is none. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { SHELL_PROGRAM } from '../../launcher/agents/bootstrap.ts';
import { slurmStarter } from '../../launcher/agents/slurm.ts';
import { type Starter, startAgent } from '../../launcher/agents/start.ts';
import { describeHosts } from '../helpers/describe-hosts.ts';
import { noSlurm, type Slurm, startSlurm } from '../helpers/slurm.ts';
import { host, OPTIONS } from '../launcher/agents/connected.ts';

const NOISE = 'srun: cluster configuration lacks support for cpu binding\n';

describeHosts(
  'a step for an agent',
  () => {
    let slurm: Slurm;
    /** Both nodes, three of their four processors. */
    let job: string;
    beforeAll(async () => {
      slurm = await startSlurm();
      job = await slurm.submit(['--nodes=2', '--ntasks-per-node=3'], 'echo begun; sleep 1000');
      await slurm.begun(job);
    });
    afterAll(() => slurm?.close());

    /** As tsrun would start it on the login host, with `env` added to that of the job. */
    function starter(node: string, env: NodeJS.ProcessEnv = {}, number = job): Starter {
      const made = slurmStarter({ ...process.env, SLURM_JOB_ID: number, ...env })(node);
      return { ...made, command: [...slurm.hosts.entering('login', '/'), ...made.command] };
    }

    /** Another program in the place of that which starts the agent. */
    function run(node: string, program: string, env?: NodeJS.ProcessEnv): ChildProcessWithoutNullStreams {
      const { command, env: own } = starter(node, env);
      const [first, ...words] = command.map((word) => (word === SHELL_PROGRAM ? program : word));
      return spawn(first!, words, own === undefined ? {} : { env: own });
    }

    async function outputOf(child: ChildProcessWithoutNullStreams): Promise<{ stdout: Buffer; stderr: string }> {
      const [out, err]: [Buffer[], Buffer[]] = [[], []];
      child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
      await once(child, 'close');
      return { stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString() };
    }

    const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

    test('runs on its node', async () => {
      for (const node of ['h1', 'h2'])
        expect(await outputOf(run(node, 'hostname; pwd'))).toEqual({
          stdout: Buffer.from(`${node}\n/\n`),
          stderr: NOISE,
        });
    });

    test('changes no byte of megabytes that pass it in both directions', async () => {
      const pairs = Buffer.from(Array.from({ length: 2 ** 17 }, (_, i) => (i % 2 === 0 ? i >> 9 : (i >> 1) & 0xff)));
      const data = Buffer.concat([pairs, randomBytes(4 * 2 ** 20), Buffer.from('no newline\x04\x03')]);
      const child = run('h2', 'exec cat');
      child.stdin.end(data);
      const { stdout, stderr } = await outputOf(child);
      expect(stderr).toBe(NOISE);
      expect(stdout.length).toBe(data.length);
      expect(digest(stdout)).toBe(digest(data));
    });

    test('passes on at once what ends with no newline', async () => {
      const child = run('h2', 'exec cat');
      for (const piece of ['one', 'two\nthree', '\0']) {
        const answer = once(child.stdout, 'data');
        child.stdin.write(piece);
        expect(String((await answer)[0])).toBe(piece);
      }
      child.stdin.end();
      await once(child, 'close');
    });

    describe('ends', () => {
      const sleepers = () => slurm.processes('h2').filter(({ command }) => command === 'sleep 4711');

      async function sleeping(): Promise<ChildProcessWithoutNullStreams> {
        const child = run('h2', 'echo there; exec sleep 4711');
        await once(child.stdout, 'data');
        expect(sleepers()).toHaveLength(1);
        return child;
      }

      test('with its input, if it reads that', async () => {
        const child = run('h2', 'cat; exit 7');
        child.stdin.end();
        expect(await once(child, 'close')).toEqual([7, null]);
      });

      test.each(['SIGTERM', 'SIGKILL'] as const)('when srun gets %s', async (signal) => {
        const child = await sleeping();
        const client = slurm.processes('login').find(({ command }) => /^srun .* sleep 4711$/.test(command))!;
        process.kill(client.outer, signal);
        await once(child, 'close');
        await vi.waitUntil(() => sleepers().length === 0, { timeout: 10_000 });
      });
    });

    test('has all that the job has on the node, whatever an outer step or the allocation asked for', async () => {
      const hostile = {
        SLURM_STEP_ID: '7',
        SLURM_STEP_NODELIST: 'h9',
        SLURM_NNODES: '2',
        SLURM_NTASKS: '6',
        SLURM_NPROCS: '6',
        SLURM_NTASKS_PER_NODE: '3',
        SLURM_CPUS_PER_TASK: '2',
        SRUN_CPUS_PER_TASK: '1',
        SLURM_CPU_BIND: 'cores',
        SLURM_DISTRIBUTION: 'arbitrary',
        SLURM_EXACT: '1',
        SLURM_EXCLUSIVE: '1',
        SLURM_EXPORT_ENV: 'NONE',
        SLURM_GPUS: '2',
        SLURM_HET_SIZE: '2',
        SLURM_LABELIO: '1',
        SLURM_MEM_PER_CPU: '10',
        SLURM_MPI_TYPE: 'pmi2',
        SLURM_STDINMODE: 'none',
        SLURM_STDOUTMODE: '/tmp/elsewhere',
        SLURM_TEST_EXEC: '1',
        SLURM_TIMELIMIT: '1',
        COLOUR: 'blue',
      };
      const child = run('h1', 'echo $SLURM_JOB_ID $SLURM_CPUS_ON_NODE $SLURM_NTASKS $COLOUR; cat', hostile);
      child.stdin.end('and input\n');
      expect(await outputOf(child)).toEqual({
        stdout: Buffer.from(`${job} 3 1 blue\nand input\n`),
        stderr: NOISE,
      });
    });

    test('tells programs what the job was given for each task', async () => {
      const print = 'echo $SLURM_CPUS_PER_TASK $SLURM_NTASKS_PER_NODE, $SLURM_GPUS $PMI_RANK';
      const env = { SLURM_CPUS_PER_TASK: '2', SLURM_NTASKS_PER_NODE: '3', SLURM_GPUS: '2', SLURM_MPI_TYPE: 'pmi2' };
      expect((await outputOf(run('h1', print, env))).stdout.toString()).toBe('2 3,\n');
    });

    test('begins beside a step that has taken everything', async () => {
      const taken = spawn(slurm.hosts.entering('login', '/')[0]!, [
        ...slurm.hosts.entering('login', '/').slice(1),
        ...['srun', `--jobid=${job}`, '--nodes=2', '--ntasks=6', '--exact', 'sh', '-c', 'echo there; cat'],
      ]);
      await once(taken.stdout, 'data');
      expect((await outputOf(run('h1', 'hostname'))).stdout.toString()).toBe('h1\n');
      taken.stdin.end();
      await once(taken, 'close');
    });

    describe('that cannot begin is explained, with the name of the node:', () => {
      async function reason(made: Starter, node: string, connectTimeout = OPTIONS.connectTimeout): Promise<string> {
        const options = { ...OPTIONS, launcher: 'slurm' as const, connectTimeout };
        const agent = startAgent(made, { host: host(node, [0]), children: [], options }, undefined);
        const failure: unknown = await agent.welcomes.catch((error: unknown) => error);
        await agent.close();
        expect(failure).toMatchObject({ exitCode: 125 });
        return (failure as Error).message;
      }

      test('a node that the job has not', async () => {
        expect(await reason(starter('h9'), 'h9')).toBe(
          `host h9: job ${job} has no node h9; scontrol show job ${job} lists its nodes (srun: error: Unable to create step ` +
            `for job ${job}: Requested node configuration is not available)`,
        );
      });

      test('a job that never was', async () => {
        expect(await reason(starter('h1', {}, '4711'), 'h1')).toMatch(
          /^host h1: job 4711 is over, or was never here \(srun: /,
        );
      });

      test('a job that is over', async () => {
        const over = await slurm.submit([], 'true');
        await slurm.outcome(over);
        expect(await reason(starter('h1', {}, over), 'h1')).toMatch(
          new RegExp(
            `^host h1: job ${over} is over, or was never here \\(srun: error: Slurm job ${over} has expired\\)$`,
          ),
        );
      });

      test('a host without srun', async () => {
        expect(await reason({ ...starter('h1'), command: ['no-srun-here'] }, 'h1')).toMatch(
          /^host h1: there is no command srun here; /,
        );
      });

      test('a node whose daemon is gone', async () => {
        await slurm.stopNode('h2');
        const message = await reason(starter('h2'), 'h2');
        await slurm.startNode('h2');
        expect(message).toMatch(
          /^host h2: Slurm's daemon on it \(slurmd\) could not start a task; .* failed on node h2: /,
        );
      });

      test('a job that is suspended, where srun waits without a word', async () => {
        await slurm.run('scontrol', 'suspend', job);
        const message = await reason(starter('h1'), 'h1', 0);
        await slurm.run('scontrol', 'resume', job);
        expect(message).toMatch(
          /^host h1: no answer after 10 s; scontrol show job \d+ says whether it runs, sinfo -N -l -n h1 how/,
        );
      });
    });
  },
  noSlurm(),
);
