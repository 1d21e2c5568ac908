/** The same on several hosts: other launchers that start one tsrun a rank there. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isMissing } from '../helpers/commands.ts';
import { describeHosts } from '../helpers/describe-hosts.ts';
import { type Hosts, startHosts } from '../helpers/hosts.ts';
import { Tsrun, type TsrunResult } from '../helpers/tsrun.ts';

const FILES = {
  'sum.ts': `import { world, SUM } from 'tsmpi';
const total = await world.allreduce(world.rank + 1, SUM);
const { TSMPI_HOST, TSMPI_LOCAL_RANK, TSMPI_LOCAL_SIZE } = process.env;
console.log(\`\${world.rank}/\${world.size} \${TSMPI_HOST} \${TSMPI_LOCAL_RANK}/\${TSMPI_LOCAL_SIZE} \${total}\`);
`,
  'fail.ts': `import { world } from 'tsmpi';
await world.barrier();
if (world.rank === 3) process.exit(7);
await world.recv(3, 0);
`,
  'wait.ts': `import { world } from 'tsmpi';
await world.barrier();
if (world.rank === 0) console.log('all there');
await new Promise((resolve) => setTimeout(resolve, 60_000));
`,
};

const SUMS = ['0/4 h1 0/2 10', '1/4 h1 1/2 10', '2/4 h2 0/2 10', '3/4 h2 1/2 10'];

describeHosts('a tsrun that something else has started on each host', () => {
  let hosts: Hosts;
  let cwd: string;
  let secret: string;

  beforeAll(async () => {
    hosts = await startHosts(2);
    cwd = hosts.scripts(FILES);
    secret = join(hosts.folder, 'secret');
    writeFileSync(secret, '5e'.repeat(32), { mode: 0o600 });
    writeFileSync(join(hosts.folder, 'ssh'), `#!/bin/sh\nexec ${hosts.ssh} "$@"\n`);
    chmodSync(join(hosts.folder, 'ssh'), 0o755);
  });
  afterEach(() => hosts.quiet());
  afterAll(() => hosts?.close());

  const lines = ({ stdout }: TsrunResult): string[] => stdout.trim().split(/\r?\n/).sort();

  /** From h1, by words that start tsruns. */
  function launch(words: string[], args: string[], env: Record<string, string> = {}): Tsrun {
    return new Tsrun(args, { prefix: [...hosts.entering('h1', cwd), ...words], env });
  }

  describe('with MASTER_ADDR and MASTER_PORT', () => {
    const PORT = '29500';

    function start(rank: number, args: string[], env: Record<string, string> = {}): Tsrun {
      const host = hosts.names[Math.floor(rank / 2)]!;
      const own = {
        RANK: String(rank),
        WORLD_SIZE: '4',
        MASTER_ADDR: 'h1',
        MASTER_PORT: PORT,
        TSMPI_SECRET_FILE: secret,
      };
      return new Tsrun(args, { prefix: hosts.entering(host, cwd), env: { ...own, ...env } });
    }

    function all(args: string[], env: Record<string, string> = {}): Promise<TsrunResult[]> {
      return Promise.all([0, 1, 2, 3].map((rank) => start(rank, args, env).result));
    }

    it('is a part of one job', async () => {
      const results = await all(['sum.ts']);
      expect(results.map(({ stderr }) => stderr)).toEqual(['', '', '', '']);
      expect(results.map(({ stdout }) => stdout.trim())).toEqual(SUMS);
      expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    });

    it('ends with the code of the rank that failed', async () => {
      const results = await all(['fail.ts']);
      expect(results.map(({ code }) => code)).toEqual([7, 7, 7, 7]);
      expect(results[0]!.stderr).toMatch(/^tsrun: rank 3 of 4 exited with code 7 \(h2, pid \d+\)\n/);
      expect(results.slice(1).map(({ stderr }) => stderr)).toEqual(['', '', '']);
    });

    it('does not let in who has another secret', async () => {
      const other = join(hosts.folder, 'other-secret');
      writeFileSync(other, '6f'.repeat(32), { mode: 0o600 });
      const env = { TSMPI_RENDEZVOUS_TIMEOUT: '2' };
      const results = await Promise.all(
        [0, 1, 2, 3].map(
          (rank) => start(rank, ['sum.ts'], rank === 2 ? { ...env, TSMPI_SECRET_FILE: other } : env).result,
        ),
      );
      expect(results.map(({ code }) => code)).toEqual([125, 125, 125, 125]);
      expect(results[0]!.stderr).toBe(
        `tsrun: rank 2 of 4 has not come within 2 s; connections from ${hosts.address('h2')} did not know the secret: is it the same everywhere?\n`,
      );
      expect(results[2]!.stderr).toBe(
        `tsrun: rank 2 of 4 did not find rank 0 within 2 s: h1, port ${PORT}: it does not know our secret\n`,
      );
    });

    it('says where nobody answered', async () => {
      const env = { TSMPI_RENDEZVOUS_TIMEOUT: '1' };
      const { stderr, code } = await start(2, ['sum.ts'], env).result;
      expect(stderr).toBe(`tsrun: rank 2 of 4 did not find rank 0 within 1 s: h1, port ${PORT}: connection refused\n`);
      expect(code).toBe(125);
      const unknown = await start(2, ['sum.ts'], { ...env, MASTER_ADDR: 'nowhere' }).result;
      expect(unknown.stderr).toMatch(
        /did not find rank 0 within 1 s: nowhere, port 29500: .*(not known|not found|unknown|temporary)/i,
      );
    });

    it('says that its port is taken', async () => {
      const { stderr, code } = await start(0, ['sum.ts'], { MASTER_PORT: '22' }).result;
      expect(stderr).toBe('tsrun: cannot listen for the other tasks at port 22: address already in use\n');
      expect(code).toBe(125);
    });

    it('uses the interface that it was told', async () => {
      const results = await all(['--interface', '10.77.1.0/24', 'sum.ts']);
      expect(results.map(({ stdout }) => stdout.trim())).toEqual(SUMS);
    });

    it('is lost with its host', async () => {
      const jobs = [0, 1, 2, 3].map((rank) => start(rank, ['wait.ts']));
      await jobs[0]!.printed(/all there/);
      await hosts.pull('h2');
      try {
        const results = await Promise.all(jobs.map(({ result }) => result));
        expect(results.map(({ code }) => code)).toEqual([1, 1, 1, 1]);
        expect(results[0]!.stderr).toMatch(/^tsrun: lost host h2, with rank [23] of 4\n/);
        expect(results[3]!.stderr).toMatch(
          /^tsrun: the tsrun of rank 0 is lost \(no sign of life for 6 s\): ended rank 3\n/,
        );
      } finally {
        await hosts.plug('h2');
      }
    });
  });

  describe.skipIf(isMissing('mpiexec.hydra'))('by mpiexec', () => {
    const words = () => [
      'mpiexec.hydra',
      '-launcher',
      'ssh',
      '-launcher-exec',
      join(hosts.folder, 'ssh'),
      '-hosts',
      'h1,h2',
      '-ppn',
      '2',
      '-n',
      '4',
    ];

    it('is a part of one job', async () => {
      const result = await launch(words(), ['sum.ts']).result;
      expect(result.stderr).toBe('');
      expect(lines(result)).toEqual(SUMS);
      expect(result.code).toBe(0);
    });

    it('ends with the code of the rank that failed', async () => {
      const { code, stderr } = await launch(words(), ['fail.ts']).result;
      expect(stderr).toMatch(/^tsrun: rank 3 of 4 exited with code 7 \(h2, pid \d+\)$/m);
      expect(code).toBe(7);
    });
  });

  describe.skipIf(isMissing('mpirun.openmpi'))('by mpirun', () => {
    const words = () => [
      'mpirun.openmpi',
      '--allow-run-as-root',
      ...['--mca', 'plm_rsh_agent', hosts.ssh],
      ...['--mca', 'oob_tcp_if_include', '10.77.1.0/24'],
      ...['-H', `${hosts.address('h1')}:2,h2:2`, '-n', '4', '--map-by', 'slot'],
    ];

    it('is a part of one job, with a secret that all hosts have', async () => {
      const result = await launch([...words(), '-x', 'TSMPI_SECRET_FILE'], ['sum.ts'], { TSMPI_SECRET_FILE: secret })
        .result;
      expect(result.stderr).toBe('');
      expect(lines(result)).toEqual(SUMS);
      expect(result.code).toBe(0);
    });

    it('says what is missing without one', async () => {
      const { code, stderr, stdout } = await launch(words(), ['sum.ts']).result;
      expect(stderr + stdout).toMatch(
        /ranks? \d.* of 4 .* within 10 s.*: ranks meet on loopback only; mpirun has started/,
      );
      expect(stderr + stdout).toContain('mpirun has started 4 tasks on several hosts: set TSMPI_SECRET_FILE to a file');
      expect(code).toBe(125);
    });
  });
});
