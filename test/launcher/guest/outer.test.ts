import { describe, expect, it } from 'vitest';
import { type Env, outerTask } from '../../../src/contract/outer.ts';

const hydra = { PMI_RANK: '2', PMI_SIZE: '4', PMI_FD: '9', MPI_LOCALRANKID: '0', MPI_LOCALNRANKS: '2' };
const openMpi = {
  OMPI_COMM_WORLD_RANK: '3',
  OMPI_COMM_WORLD_SIZE: '4',
  OMPI_COMM_WORLD_LOCAL_RANK: '1',
  OMPI_COMM_WORLD_LOCAL_SIZE: '2',
  PMIX_RANK: '3',
};
const torchrun = { RANK: '1', WORLD_SIZE: '4', MASTER_ADDR: 'a', MASTER_PORT: '29500', LOCAL_RANK: '1' };
const allocation = { SLURM_JOB_ID: '7', SLURM_NTASKS: '8', SLURM_JOB_NODELIST: 'n[1-2]' };
const srun = {
  ...allocation,
  SLURM_STEP_ID: '0',
  SLURM_PROCID: '2',
  SLURM_STEP_NUM_TASKS: '3',
  SLURM_LOCALID: '0',
  SLURM_GTIDS: '2',
  SLURMD_NODENAME: 'n2',
};
const batch = { ...allocation, SLURM_STEP_ID: '4294967291', SLURM_PROCID: '0', SLURM_LOCALID: '0', SLURM_GTIDS: '0' };

function task(env: Env) {
  const found = outerTask(env);
  return found && !('problem' in found) ? [found.launcher, found.rank, found.size] : found;
}

describe('the task that this process is', () => {
  it('is none where nobody set anything', () => {
    expect(outerTask({ PATH: '/bin' })).toBeUndefined();
  });

  it('is read from MPICH', () => {
    expect(outerTask(hydra)).toEqual({
      launcher: 'mpiexec',
      variable: 'PMI_RANK',
      rank: 2,
      size: 4,
      localRank: 0,
      localSize: 2,
      host: undefined,
    });
  });

  it('is read from Open MPI', () => {
    expect(outerTask(openMpi)).toMatchObject({ launcher: 'mpirun', rank: 3, size: 4, localRank: 1, localSize: 2 });
  });

  it('is read from the four variables of torchrun', () => {
    expect(outerTask(torchrun)).toMatchObject({ launcher: 'torchrun', rank: 1, size: 4, localRank: 1 });
  });

  it('is none when one of the four is missing', () => {
    for (const name of ['RANK', 'WORLD_SIZE', 'MASTER_ADDR', 'MASTER_PORT']) {
      expect(outerTask({ ...torchrun, [name]: undefined })).toBeUndefined();
    }
  });

  it('is read from srun, with the name of the node', () => {
    expect(outerTask(srun)).toMatchObject({
      launcher: 'srun',
      rank: 2,
      size: 3,
      localRank: 0,
      localSize: 1,
      host: 'n2',
    });
  });

  it('is none in an allocation, a batch script and an interactive step', () => {
    expect(outerTask(allocation)).toBeUndefined();
    expect(outerTask(batch)).toBeUndefined();
    expect(outerTask({ ...batch, SLURM_STEP_ID: '4294967290' })).toBeUndefined();
    expect(outerTask({ ...batch, SLURM_STEP_ID: undefined })).toBeUndefined();
  });

  it('is none in a rank of ours', () => {
    expect(outerTask({ ...hydra, TSMPI_RANK: '0' })).toBeUndefined();
  });

  it("is the innermost launcher's", () => {
    expect(task({ ...batch, ...hydra })).toEqual(['mpiexec', 2, 4]);
    expect(task({ ...srun, ...hydra })).toEqual(['mpiexec', 2, 4]);
    expect(task({ ...srun, ...openMpi })).toEqual(['mpirun', 3, 4]);
    expect(task({ ...srun, ...torchrun })).toEqual(['torchrun', 1, 4]);
    expect(task({ ...torchrun, ...hydra })).toEqual(['mpiexec', 2, 4]);
  });

  it("is srun's when it agrees with PMI or torchrun", () => {
    expect(task({ ...srun, PMI_RANK: '2', PMI_SIZE: '3', PMI_FD: '4' })).toEqual(['srun', 2, 3]);
    expect(task({ ...srun, ...torchrun, RANK: '2', WORLD_SIZE: '3' })).toEqual(['srun', 2, 3]);
  });

  it('is a puzzle when the variables make no sense', () => {
    expect(outerTask({ PMI_RANK: '4', PMI_SIZE: '4' })).toMatchObject({
      launcher: 'mpiexec',
      problem: 'PMI_RANK=4 is no rank of PMI_SIZE=4 tasks',
    });
    expect(outerTask({ ...torchrun, RANK: 'two' })).toMatchObject({
      problem: 'RANK=two is no rank of WORLD_SIZE=4 tasks',
    });
    expect(outerTask({ OMPI_COMM_WORLD_RANK: '0' })).toMatchObject({
      problem: 'OMPI_COMM_WORLD_RANK is set without OMPI_COMM_WORLD_SIZE',
    });
    expect(outerTask({ PMIX_RANK: '0' })).toMatchObject({
      launcher: 'mpirun',
      problem: 'PMIX_RANK is set without a variable that says how many tasks there are',
    });
  });
});
