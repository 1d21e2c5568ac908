/** Ranks of one host that share memory: real jobs. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { loadNative } from '../../src/native/native.ts';
import { program, sharing } from '../helpers/tsrun.ts';

const native = loadNative();
if (typeof native === 'string') console.warn(`skipped: ${native}`);

/** Words before a command that run it with shared memory of its own, of that size. */
const withMemory = (size: string, run = 'exec "$@"') => [
  'unshare',
  '--mount',
  'sh',
  '-c',
  `mount -t tmpfs -o size=${size} tmpfs /dev/shm || exit 99; ${run}`,
  'sh',
];
const noMounts = spawnSync('unshare', ['--mount', 'true']).status === 0 ? false : 'no mount namespaces here';

/** Prints how many rings a rank has mapped once everybody has exchanged with everybody. */
const EXCHANGE = program('shm/exchange.ts');

describe.skipIf(typeof native === 'string')('ranks of one host', () => {
  it.each([
    ['auto', 2],
    ['shm', 2],
    ['auto', 4],
  ])('share memory with --transport %s, on %i ranks', async (transport, ranks) => {
    const job = await sharing(['-n', `${ranks}`, '--transport', transport, EXCHANGE]);
    expect(job).toMatchObject({ code: 0, stderr: '' });
    // From and to each of the others.
    expect(job.stdout).toBe(`${2 * (ranks - 1)}\n`.repeat(ranks));
  });

  it.each(['tcp', 'unix'])('share nothing with --transport %s', async (transport) => {
    const job = await sharing(['-n', '3', '--transport', transport, EXCHANGE]);
    expect(job).toMatchObject({ code: 0, stdout: '0\n0\n0\n', stderr: '' });
  });

  it('go on over sockets where they can not share memory, and say so with -v', async () => {
    const env = { TSMPI_NATIVE: 'off' };
    const silent = await sharing(['-n', '2', EXCHANGE], { env });
    expect(silent).toMatchObject({ code: 0, stdout: '0\n0\n', stderr: '' });
    const told = await sharing(['-n', '2', '-v', EXCHANGE], { env });
    expect(told.stderr).toMatch(
      /s {2}rank [01]: what it sends within this host goes over Unix sockets, not through shared memory: TSMPI_NATIVE=off\n/,
    );
  });

  it('do not start with --transport shm where they can not', async () => {
    const job = await sharing(['-n', '2', '--transport', 'shm', EXCHANGE], { env: { TSMPI_NATIVE: 'off' } });
    expect(job.code).toBe(1);
    expect(job.stderr).toContain(
      "MpiError [ERR_LAUNCH]: --transport shm: the ranks of this host can't share memory: TSMPI_NATIVE=off; mend that, or give --transport auto",
    );
  });

  describe.skipIf(noMounts)('with little shared memory', () => {
    it('go on over sockets where there is none left', async () => {
      // Enough for one ring, or for none.
      for (const size of ['300k', '64k']) {
        const job = await sharing(['-n', '3', '-v', EXCHANGE], { prefix: withMemory(size) });
        expect(job.code).toBe(0);
        expect(job.stderr).toMatch(/: ENOSPC: \d+ bytes can't be reserved in \/dev\/shm\n/);
        expect(job.stdout).toMatch(size === '64k' ? /^0\n0\n0\n$/ : /^[0-2]\n[0-2]\n[0-2]\n$/);
      }
    });

    it('do not start with --transport shm', async () => {
      const job = await sharing(['-n', '2', '--transport', 'shm', EXCHANGE], { prefix: withMemory('300k') });
      expect(job.code).toBe(1);
      expect(job.stderr).toMatch(/\d+ bytes are needed in \/dev\/shm, and \d+ are free|ENOSPC/);
    });
  });

  describe('are looked at by the doctor', () => {
    const found = async (options: Parameters<typeof sharing>[1], ranks = 2) => {
      const { stdout } = await sharing(['doctor', '-n', `${ranks}`], options);
      return /^ +\w+ +shared memory +.*\n( +→.*\n)?/m.exec(stdout)?.[0];
    };

    it('who says how many there is room for', async () => {
      expect(await found({})).toMatch(/^ +ok +shared memory +\S+ \w+ are free in \/dev\/shm, for \d+ ranks\n$/);
    });

    it('who says what was chosen', async () => {
      expect(await found({ env: { TSMPI_NATIVE: 'off' } })).toMatch(/^ +ok +\D+ not used: TSMPI_NATIVE=off\n$/);
    });

    it.skipIf(noMounts)('who warns of little room, and of none', async () => {
      // As containers have it by default.
      expect(await found({ prefix: withMemory('64m') }, 74)).toMatch(
        /^ +ok +shared memory +64 MiB are free .* 74 ranks\n$/,
      );
      const few = await found({ prefix: withMemory('64m') }, 75);
      expect(few).toMatch(/^ +warning .* for 74 ranks; of 75, some will talk over Unix sockets\n +→ .*--shm-size=256m/);
      const none = await found({ prefix: withMemory('4k') });
      expect(none).toMatch(/^ +warning .*: ENOSPC: \d+ bytes can't be reserved in \/dev\/shm\n +→ .*--shm-size=256m/);
    });

    it.skipIf(noMounts)('who sees that processes do not get at files of each other', async () => {
      const prefix = withMemory('64m', 'mount -t tmpfs tmpfs /proc; exec "$@"');
      expect(await found({ prefix })).toMatch(
        /^ +warning .*ENOENT: no such file or directory, open '\/proc\/\d+\/fd\/\d+'\n/,
      );
    });
  });

  it.skipIf(noMounts)('leave nothing behind, whenever one of them is killed', async () => {
    const seed = 20261121;
    const random = seededRandom(seed);
    // What has a name there when the job is over, and how many KiB are in use.
    const prefix = withMemory(
      '64m',
      '"$@"; code=$?; ls -A /dev/shm; df --output=used /dev/shm | tail -n 1; exit $code',
    );
    for (let run = 0; run < 6; run++) {
      const milliseconds = Math.floor(random() * 150);
      const job = await sharing(['-n', '3', '--transport', 'shm', program('shm/killed.ts'), `${milliseconds}`], {
        prefix,
      });
      const what = `killed after ${milliseconds} ms, run ${run} of seed ${seed}`;
      expect(job.code, what).toBe(137);
      expect(job.stderr, what).toMatch(/^tsrun: rank 1 of 3 was killed by SIGKILL /);
      expect(job.stdout.trim(), what).toBe('0');
    }
  });
});
