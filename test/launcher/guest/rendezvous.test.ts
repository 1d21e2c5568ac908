import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyValueSpace } from '../../../launcher/guest/key-value-space.ts';
import { Master } from '../../../launcher/guest/master.ts';
import { MeetingFile } from '../../../launcher/guest/meeting-file.ts';
import { chooseMeetingPoint, jobName } from '../../../launcher/guest/rendezvous.ts';
import { type Env, type OuterTask, outerTask } from '../../../src/contract/outer.ts';
import { PmiServer } from './pmi-server.ts';

const SRUN = { SLURM_JOB_ID: '7', SLURM_STEP_ID: '1', SLURM_PROCID: '0', SLURM_STEP_NUM_TASKS: '4' };
const MPIRUN = { OMPI_COMM_WORLD_RANK: '0', OMPI_COMM_WORLD_SIZE: '4', PMIX_NAMESPACE: '12@3/x' };
const TORCHRUN = { RANK: '0', WORLD_SIZE: '4', MASTER_ADDR: 'node1', MASTER_PORT: '29500' };
const MPIEXEC = { PMI_RANK: '0', PMI_SIZE: '4' };

let folder: string;
let secret: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rendezvous-'));
  secret = join(folder, 'secret');
  writeFileSync(secret, 's'.repeat(64), { mode: 0o600 });
  vi.stubEnv('TMPDIR', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const taskOf = (env: Env): OuterTask => outerTask(env) as OuterTask;

function choose(env: Env, wanted?: string) {
  const deadline = AbortSignal.timeout(10_000);
  return chooseMeetingPoint({ task: taskOf(env), env, interface: wanted, deadline, pmi: undefined });
}

describe('tsruns meet', () => {
  it('in the key-value space, if there is one', async () => {
    const server = await PmiServer.start({ size: 1 });
    try {
      const env = { ...MPIEXEC, ...server.environment(0), TSMPI_SECRET_FILE: secret };
      const meeting = await choose(env);
      expect(meeting).toBeInstanceOf(KeyValueSpace);
      await meeting.leave();
      expect(server.requests.at(-1)).toBe('cmd=finalize');
    } finally {
      server.close();
    }
  });

  it('not in the key-value space of a launcher further out', async () => {
    const meeting = await choose({ ...MPIRUN, PMI_RANK: '0', PMI_SIZE: '2', PMI_FD: '99', TSMPI_SECRET_FILE: secret });
    expect(meeting).toBeInstanceOf(MeetingFile);
  });

  it("in the user's own folder, on one machine, without a secret", async () => {
    for (const env of [
      { ...SRUN, SLURM_GTIDS: '0,1,2,3' },
      { ...MPIRUN, OMPI_COMM_WORLD_LOCAL_SIZE: '4' },
      { ...TORCHRUN, LOCAL_WORLD_SIZE: '4' },
      { ...TORCHRUN, MASTER_ADDR: 'localhost' },
    ]) {
      const meeting = await choose(env);
      expect(meeting).toBeInstanceOf(MeetingFile);
      expect(meeting.listen).toEqual({ host: '127.0.0.1', port: 0 });
    }
  });

  it('at MASTER_ADDR, with a secret', async () => {
    for (const env of [TORCHRUN, { ...SRUN, MASTER_ADDR: 'node1', MASTER_PORT: '29500' }]) {
      const meeting = await choose({ ...env, TSMPI_SECRET_FILE: secret });
      expect(meeting).toBeInstanceOf(Master);
      expect(meeting.listen).toEqual({ host: undefined, port: 29_500 });
      expect(await meeting.find()).toEqual({ hosts: ['node1'], port: 29_500, secret: meeting.secret });
    }
  });

  it('at the interface that was asked for', async () => {
    const meeting = await choose({ ...TORCHRUN, TSMPI_SECRET_FILE: secret }, 'lo');
    expect(meeting.listen).toEqual({ host: '127.0.0.1', port: 29_500 });
  });

  it('in a file beside the secret, without MASTER_ADDR', async () => {
    const meeting = await choose({ ...SRUN, TSMPI_SECRET_FILE: secret });
    expect(meeting.absence).toBe(`there is no address of it in ${join(folder, 'tsmpi-srun-7-1-')}`);
    expect(meeting.listen).toEqual({ host: undefined, port: 0 });
  });

  it.each([
    [
      SRUN,
      'srun has started 4 tasks on several hosts: srun --mpi=pmi2 leads a secret from one to the others; without it, set TSMPI_SECRET_FILE',
    ],
    [
      MPIRUN,
      'mpirun has started 4 tasks on several hosts: set TSMPI_SECRET_FILE to a file that is the same on every host',
    ],
    [
      TORCHRUN,
      'RANK and WORLD_SIZE say that this is one of 4 tasks, and nothing says that they are on one host: set TSMPI_SECRET_FILE',
    ],
  ])('on this machine, where hosts have nothing in common, by %j', async (env: Env, message) => {
    const meeting = await choose(env);
    expect(meeting.listen).toEqual({ host: '127.0.0.1', port: 0 });
    expect(meeting.advice).toContain(`ranks meet on loopback only; ${message}`);
  });

  it.each([
    [
      MPIEXEC,
      'mpiexec has started 4 tasks, but neither PMI_FD nor PMI_PORT leads to its key-value space: set MASTER_ADDR and MASTER_PORT',
    ],
    [{ ...MPIEXEC, PMI_FD: '987' }, 'cannot talk to mpiexec: PMI_FD=987 is not open here'],
    [{ ...TORCHRUN, MASTER_PORT: 'x', TSMPI_SECRET_FILE: 'secret' }, 'MASTER_PORT=x is no port'],
  ])('nowhere by %j, which says what is missing', async (env: Env, message) => {
    const all = env.TSMPI_SECRET_FILE === undefined ? env : { ...env, TSMPI_SECRET_FILE: secret };
    await expect(choose(all)).rejects.toMatchObject({ message: expect.stringContaining(message), exitCode: 125 });
  });
});

it('a job has a name that fits a file, and differs from that of others', () => {
  const name = (env: Env) => jobName(taskOf(env), env);
  expect(name(SRUN)).toBe('srun-7-1-');
  expect(name({ ...SRUN, SLURM_RESTART_COUNT: '2' })).toBe('srun-7-1-2');
  expect(name(MPIRUN)).toBe('mpirun-12_3_x');
  expect(name({ ...TORCHRUN, TORCHELASTIC_RUN_ID: '../a' })).toBe('torchrun-.._a-29500');
  expect(name(MPIEXEC)).toBeUndefined();
});
