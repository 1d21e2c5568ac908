/** tsrun as a task of another launcher: MPICH's mpiexec, Open MPI's mpirun, and whoever sets what torchrun sets. */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isMissing } from '../helpers/commands.ts';
import { allGone, TSRUN, Tsrun, type TsrunOptions, type TsrunResult, tsrun } from '../helpers/tsrun.ts';

const SCRIPTS = {
  'sum.ts': `import { world, SUM } from 'tsmpi';
const total = await world.allreduce(world.rank + 1, SUM);
const { TSMPI_LOCAL_RANK, TSMPI_LOCAL_SIZE, MARK } = process.env;
console.log(\`\${world.rank}/\${world.size} \${TSMPI_LOCAL_RANK}/\${TSMPI_LOCAL_SIZE} \${total} \${process.argv.slice(2)} \${MARK}\`);
`,
  'other.ts': `import { world, SUM } from 'tsmpi';
console.log('other', world.rank, await world.allreduce(world.rank + 1, SUM));
`,
  'fail.ts': `import { world } from 'tsmpi';
console.error('pid', process.pid, process.ppid);
await world.barrier();
if (world.rank === 2) process.exit(7);
await world.recv(2, 0);
`,
  'throws.ts': `import { world } from 'tsmpi';
await world.barrier();
if (world.rank === 1) throw new Error('boom');
await world.recv(1, 0);
`,
  'wait.ts': `import { world } from 'tsmpi';
console.log('pid', process.pid, 'tsrun', process.ppid);
await world.barrier();
if (world.rank === 0) console.log('all there');
await new Promise((resolve) => setTimeout(resolve, 60_000));
`,
  'inner.ts': `import { execFileSync } from 'node:child_process';
import { world } from 'tsmpi';
if (world.rank === 1) {
  const [node, ...args] = [process.execPath, process.env.TSRUN, '-n', '2', 'sum.ts'];
  console.log(execFileSync(node, args, { encoding: 'utf8' }).trim().split('\\n').sort().join('; '));
}
`,
  'broken.ts': `const x = ;\n`,
  'input.ts': `import { world } from 'tsmpi';
let text = '';
for await (const chunk of process.stdin) text += chunk;
const all = await world.gather(text, 0);
if (all) console.log(JSON.stringify(all));
`,
};

let folder: string;
let temporary: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'guests-'));
  temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  for (const [name, text] of Object.entries(SCRIPTS)) writeFileSync(join(folder, name), text);
});

afterEach(() => {
  try {
    // The user's own folder for rendezvous stays, empty.
    const left = readdirSync(temporary, { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => !/^(tsmpi-\d+|ompi\..*)$/.test(name))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Words that stand before `tsrun` and start it several times. */
const LAUNCHERS = {
  'mpiexec.hydra': (n: number) => ['mpiexec.hydra', '-n', String(n)],
  'mpirun.openmpi': (n: number) => ['mpirun.openmpi', '--allow-run-as-root', '--oversubscribe', '-n', String(n)],
};

function options(extra: TsrunOptions = {}): TsrunOptions {
  return { cwd: folder, ...extra, env: { TMPDIR: temporary, ...extra.env } };
}

function sorted(text: string): string[] {
  return text.trim().split(/\r?\n/).sort();
}

/** One line of each task, whatever else the launcher says. */
const sums = (n: number) =>
  Array.from({ length: n }, (_, rank) => `${rank}/${n} ${rank}/${n} ${(n * (n + 1)) / 2}  undefined`);

for (const [name, launch] of Object.entries(LAUNCHERS)) {
  describe.skipIf(isMissing(name))(`as tasks of ${name}`, () => {
    const run = (n: number, args: string[], extra?: TsrunOptions): Promise<TsrunResult> =>
      tsrun(args, options({ ...extra, prefix: launch(n) }));

    it.each([1, 2, 4])('%i tsruns are one job', async (n) => {
      const { code, stdout, stderr } = await run(n, ['sum.ts']);
      expect(stderr).toBe('');
      expect(sorted(stdout)).toEqual(sums(n));
      expect(code).toBe(0);
    });

    it('options and arguments are those of each tsrun', async () => {
      const { code, stdout } = await run(2, ['-x', 'MARK=blue', '--transport', 'tcp', 'sum.ts', 'a', 'b']);
      expect(sorted(stdout)).toEqual(['0/2 0/2 3 a,b blue', '1/2 1/2 3 a,b blue']);
      expect(code).toBe(0);
    });

    it('two programs are one job', async () => {
      const second = [...launch(3).slice(-2), process.execPath, TSRUN, 'other.ts'];
      const { code, stdout } = await run(1, ['sum.ts', ':', ...second]);
      expect(sorted(stdout)).toEqual(['0/4 0/4 10  undefined', 'other 1 10', 'other 2 10', 'other 3 10']);
      expect(code).toBe(0);
    });

    it('a rank that fails ends all of them, with its code, and one report', async () => {
      const { code, stderr, stdout } = await run(4, ['fail.ts']);
      const text = stdout + stderr;
      expect(text.match(/^tsrun: /gm)).toHaveLength(2);
      expect(text).toMatch(/^tsrun: rank 2 of 4 exited with code 7 \(.*pid \d+\)\r?$/m);
      expect(text).toMatch(/^tsrun: stopped the other 3 ranks, exit code 7\r?$/m);
      expect(code).toBe(7);
      await allGone(
        [...text.matchAll(/^pid (\d+) (\d+)/gm)].flatMap(([, pid, parent]) => [Number(pid), Number(parent)]),
      );
    });

    it('an error is reported with its line', async () => {
      const { code, stderr, stdout } = await run(2, ['throws.ts']);
      expect(stdout + stderr).toMatch(/tsrun: rank 1 of 2 failed .*\r?\nError: boom\r?\n\s+at throws.ts:3:29\r?\n/);
      expect(code).toBe(1);
    });

    it('a script that cannot be compiled is told of once', async () => {
      const { code, stderr, stdout } = await run(4, ['broken.ts']);
      expect((stdout + stderr).match(/broken.ts:1:/g)).toHaveLength(1);
      expect(code).not.toBe(0);
    });

    it('output goes into a file for each rank, and as JSON to each standard output', async () => {
      const { code, stdout } = await run(2, ['--json', '--output-dir', 'out/deep', 'sum.ts']);
      expect(code).toBe(0);
      const events = stdout
        .trim()
        .split(/\r?\n/)
        .map((line) => JSON.parse(line) as { event: string; rank?: number });
      expect(
        events
          .filter(({ event }) => event === 'output')
          .map(({ rank }) => rank)
          .sort(),
      ).toEqual([0, 1]);
      expect(
        events
          .filter(({ event }) => event === 'spawn')
          .map(({ rank }) => rank)
          .sort(),
      ).toEqual([0, 1]);
      expect(readdirSync(join(folder, 'out/deep')).sort()).toEqual(
        [0, 1].flatMap((rank) => [`rank-000${rank}.err`, `rank-000${rank}.out`]),
      );
      expect(readFileSync(join(folder, 'out/deep/rank-0001.out'), 'utf8')).toBe('1/2 1/2 3  undefined\n');
    });

    it('rank 0 reads the standard input', async () => {
      const { stdout } = await run(2, ['input.ts'], { stdin: 'hello\n' });
      expect(JSON.parse(stdout)).toEqual(['hello\n', '']);
    });

    it('a rank may start a job of its own', async () => {
      const { code, stdout, stderr } = await run(2, ['inner.ts'], { env: { TSRUN } });
      expect(stderr).toBe('');
      expect(stdout.trim()).toBe('0/2 0/2 3  undefined; 1/2 1/2 3  undefined');
      expect(code).toBe(0);
    });

    it.each(['SIGTERM', 'SIGINT'] as const)('%s ends everything within 3 s', async (signal) => {
      const job = new Tsrun(['wait.ts'], options({ prefix: launch(4) }));
      await job.printed(/all there/);
      await job.printed(/(pid[\s\S]*){4}/);
      const pids = [...job.stdout.matchAll(/pid (\d+) tsrun (\d+)/g)].flatMap(([, rank, own]) => [
        Number(rank),
        Number(own),
      ]);
      job.child.kill(signal);
      await allGone(pids, 3000);
      expect(pids).toHaveLength(8);
      expect((await job.result).code).not.toBe(0);
    });

    it.each([0, 2])('the death of the tsrun of rank %i ends all the others', async (victim) => {
      const job = new Tsrun(['wait.ts'], options({ prefix: launch(3) }));
      await job.printed(/all there/);
      await job.printed(/(pid[\s\S]*){3}/);
      const pids = [...job.stdout.matchAll(/pid (\d+) tsrun (\d+)/g)].map(([, rank, own]) => ({
        rank: Number(rank),
        own: Number(own),
      }));
      const owner = pids.find(({ rank }) => rankOf(rank) === victim)!;
      process.kill(owner.own, 'SIGKILL');
      await allGone(
        pids.flatMap(({ rank, own }) => [rank, own]),
        3000,
      );
      expect((await job.result).code).not.toBe(0);
    });
  });
}

/** From the environment of a rank's process. */
function rankOf(pid: number): number {
  return Number(/TSMPI_RANK=(\d+)/.exec(readFileSync(`/proc/${pid}/environ`, 'latin1'))?.[1]);
}

describe.skipIf(isMissing('mpiexec.hydra'))('without a connection to mpiexec', () => {
  const [command, ...words] = LAUNCHERS['mpiexec.hydra'](2);

  it('what is in between is named, and what to do', async () => {
    const wrapper = join(folder, 'wrapper.mjs');
    writeFileSync(
      wrapper,
      `import { spawnSync } from 'node:child_process';
const { status } = spawnSync(process.execPath, process.argv.slice(3), { stdio: 'inherit' });
process.exit(status);
`,
    );
    const { code, stderr } = await tsrun(
      ['sum.ts'],
      options({ prefix: [command!, ...words, process.execPath, wrapper] }),
    );
    expect(code).toBe(125);
    expect(stderr).toMatch(/^tsrun: cannot talk to mpiexec: PMI_FD=\d+ is not open here, where npx/m);
    expect(stderr).toContain(
      'mpiexec -n 2 node_modules/.bin/tsrun script.ts, or mpiexec -pmi-port -n 2 npx tsrun script.ts',
    );
  });

  it('a port leads through whatever is in between', async () => {
    const { code, stdout } = await tsrun(['sum.ts'], options({ prefix: [command!, '-pmi-port', ...words] }));
    expect(sorted(stdout)).toEqual(sums(2));
    expect(code).toBe(0);
  });

  it('a job of its own needs none', async () => {
    const { code, stdout } = await tsrun(['-n', '2', 'sum.ts'], options({ prefix: [command!, '-pmi-port', ...words] }));
    expect(sorted(stdout)).toEqual(sorted([...sums(2), ...sums(2)].join('\n')));
    expect(code).toBe(0);
  });

  it('a script without tsrun does not believe itself to be alone', async () => {
    writeFileSync(
      join(folder, 'bare.mjs'),
      `import { world } from '${TSRUN.replace('bin/tsrun.js', 'dist/src/index.js')}';\n`,
    );
    const child = spawn(command!, [...words, process.execPath, join(folder, 'bare.mjs')]);
    let text = '';
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await new Promise((resolve) => child.on('close', resolve));
    expect(text).toContain("code: 'ERR_LAUNCH'");
    expect(text).toMatch(/mpiexec has started this process as task [01] of 2 \(PMI_RANK is set\), but without tsrun/);
    expect(text).toContain('mpiexec -n 2 tsrun script.ts; for a world of one, tsrun -n 1 script.ts');
  });
});

describe('as tasks that know each other by RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT', () => {
  /** No number of a port that anybody listens on: it names the job. */
  const port = 1;

  function start(rank: number, size: number, args: string[], env: Record<string, string> = {}): Promise<TsrunResult> {
    const own = { RANK: String(rank), WORLD_SIZE: String(size), MASTER_ADDR: '127.0.0.1', MASTER_PORT: String(port) };
    return tsrun(args, options({ env: { ...own, ...env } }));
  }

  function all(size: number, args: string[], env?: Record<string, string>): Promise<TsrunResult[]> {
    return Promise.all(Array.from({ length: size }, (_, rank) => start(rank, size, args, env)));
  }

  /** Rank 0 waits for the others. */
  async function published(): Promise<void> {
    const note = join(temporary, `tsmpi-${process.getuid!()}`, `torchrun--${port}`);
    while (!existsSync(note)) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  function secretFile(mode = 0o600): string {
    const path = join(folder, 'secret');
    writeFileSync(path, `${'5e'.repeat(32)}\n`);
    chmodSync(path, mode);
    return path;
  }

  it('4 tsruns on one machine are one job', async () => {
    const results = await all(4, ['sum.ts']);
    expect(results.map(({ stdout }) => stdout.trim())).toEqual(sums(4));
    expect(results.map(({ stderr, code }) => stderr + code)).toEqual(['0', '0', '0', '0']);
  });

  it('again and again, with the same port, and remains of a dead one', async () => {
    const notes = join(temporary, `tsmpi-${process.getuid!()}`);
    mkdirSync(notes, { mode: 0o700 });
    const note = { hosts: ['127.0.0.1'], port: 9, nonce: 'ab'.repeat(32) };
    writeFileSync(join(notes, `torchrun--${port}`), JSON.stringify(note));
    for (let round = 0; round < 2; round++) {
      const results = await all(3, ['sum.ts']);
      expect(results.map(({ stdout }) => stdout.trim())).toEqual(sums(3));
    }
  });

  it('whoever comes late is waited for', async () => {
    const zero = start(0, 2, ['sum.ts']);
    await published();
    const [first, second] = await Promise.all([zero, start(1, 2, ['sum.ts'])]);
    expect([first.code, second.code]).toEqual([0, 0]);
  });

  it('who has not come is named', async () => {
    const env = { TSMPI_RENDEZVOUS_TIMEOUT: '2' };
    const [zero, one] = await Promise.all([0, 1].map((rank) => start(rank, 4, ['sum.ts'], env)));
    expect(zero!.stderr).toBe('tsrun: ranks 2, 3 of 4 have not come within 2 s\n');
    expect(one!.stderr).toBe('');
    expect([zero!.code, one!.code]).toEqual([125, 125]);
    const alone = await start(1, 4, ['sum.ts'], env);
    expect(alone.stderr).toMatch(
      /^tsrun: rank 1 of 4 did not find rank 0 within 2 s: there is no address of it in .*\n$/,
    );
    expect(alone.code).toBe(125);
  });

  it('what is wrong with the secret is said', async () => {
    const env = { TSMPI_RENDEZVOUS_TIMEOUT: '2', MASTER_ADDR: '10.0.0.1' };
    const open = await start(1, 2, ['sum.ts'], { ...env, TSMPI_SECRET_FILE: secretFile(0o606) });
    expect(open.stderr).toMatch(/^tsrun: TSMPI_SECRET_FILE=.*secret: can be changed by others; chmod 600\n$/);
    expect(open.code).toBe(125);
    const none = await start(1, 2, ['sum.ts'], env);
    expect(none.stderr).toMatch(/one of 2 tasks.*set TSMPI_SECRET_FILE to a file that is the same on every host/);
    expect(none.code).toBe(125);
  });

  it('the error of one script is told by rank 0', async () => {
    const [zero, one] = await Promise.all([start(0, 2, ['sum.ts']), start(1, 2, ['nowhere.ts'])]);
    expect(zero.stderr).toMatch(/^tsrun: rank 1 of 2 \(.*\): nowhere.ts: no such file or directory\n$/);
    expect(one.stderr).toBe('');
    expect([zero.code, one.code]).toEqual([2, 2]);
  });

  it('a signal to one of them, before and after they have met, ends it', async () => {
    const job = (rank: number): Tsrun => {
      const env = { RANK: String(rank), WORLD_SIZE: '2', MASTER_ADDR: '127.0.0.1', MASTER_PORT: String(port) };
      return new Tsrun(['wait.ts'], options({ env }));
    };
    const early = job(0);
    await published();
    early.kill('SIGTERM');
    expect((await early.result).code).toBe(143);

    const [zero, one] = [job(0), job(1)];
    await zero.printed(/all there/);
    one.kill('SIGINT');
    expect([(await zero.result).code, (await one.result).code]).toEqual([130, 130]);
    expect(zero.stderr).toBe('tsrun: SIGINT: stopped 2 ranks, exit code 130\n');
  });

  it('the death of one tsrun is told by the others', async () => {
    for (const victim of [0, 1]) {
      const jobs = [0, 1, 2].map((rank) => {
        const env = { RANK: String(rank), WORLD_SIZE: '3', MASTER_ADDR: '127.0.0.1', MASTER_PORT: String(port) };
        return new Tsrun(['wait.ts'], options({ env }));
      });
      await jobs[0]!.printed(/all there/);
      jobs[victim]!.kill('SIGKILL');
      const results = await Promise.all(jobs.map(({ result }) => result));
      const texts = results.map(({ stderr }) => stderr);
      if (victim === 0) {
        const line = /^tsrun: the tsrun of rank 0 is lost \(.*\): ended rank [12]\n$/;
        expect(texts).toEqual(['', expect.stringMatching(line), expect.stringMatching(line)]);
        expect(results.map(({ code }) => code)).toEqual([null, 1, 1]);
      } else {
        expect(texts).toEqual([
          expect.stringMatching(/^tsrun: lost host .*, with rank 1 of 3\nits tsrun has ended\n/),
          '',
          '',
        ]);
        expect(results.map(({ code }) => code)).toEqual([1, null, 1]);
      }
    }
  });

  it('the restarts of the job are counted by who restarts it', async () => {
    writeFileSync(join(folder, 'restart.ts'), `import { world } from 'tsmpi';\nconsole.log(world.restart);\n`);
    const results = await all(2, ['restart.ts'], { TSMPI_RESTART: '3' });
    expect(results.map(({ stdout }) => stdout)).toEqual(['3\n', '3\n']);
  });
});
