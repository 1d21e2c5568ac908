import { expect, test } from 'vitest';
import { allocationOf } from '../../../launcher/placement/slurm.ts';
import { refusal } from './refusal.ts';

const JOB = { SLURM_JOB_ID: '7', SLURM_JOB_NODELIST: 'n[1-3]' };
const slots = (env: Record<string, string>) => allocationOf({ ...JOB, ...env })?.hosts.map((host) => host.slots);

test('there is none without the variables of salloc and sbatch', () => {
  expect(allocationOf({})).toBeUndefined();
  expect(allocationOf({ SLURM_JOB_NODELIST: 'n1' })).toBeUndefined();
  expect(allocationOf({ SLURM_JOB_ID: '7' })).toBeUndefined();
});

test('it has hosts, and how many ranks were asked for', () => {
  expect(allocationOf({ ...JOB, SLURM_TASKS_PER_NODE: '2(x2),1', SLURM_NTASKS: '5' })).toEqual({
    hosts: [
      { name: 'n1', slots: 2, source: 'SLURM_JOB_NODELIST' },
      { name: 'n2', slots: 2, source: 'SLURM_JOB_NODELIST' },
      { name: 'n3', slots: 1, source: 'SLURM_JOB_NODELIST' },
    ],
    ranks: 5,
  });
  expect(allocationOf(JOB)?.ranks).toBeUndefined();
});

test('slots are tasks, else processors, of as many nodes as there are', () => {
  expect(slots({ SLURM_JOB_CPUS_PER_NODE: '8(x3)' })).toEqual([8, 8, 8]);
  expect(slots({ SLURM_JOB_CPUS_PER_NODE: '8(x3)', SLURM_TASKS_PER_NODE: '1(x3)' })).toEqual([1, 1, 1]);
  expect(slots({ SLURM_JOB_CPUS_PER_NODE: '8(x3)', SLURM_TASKS_PER_NODE: '1' })).toEqual([8, 8, 8]);
  expect(slots({})).toEqual([undefined, undefined, undefined]);
});

test('variables that make no sense are refused by name', () => {
  expect(refusal(() => slots({ SLURM_TASKS_PER_NODE: '2' }))).toMatch(
    /^SLURM_TASKS_PER_NODE=2: not a number for each of the 3 nodes of SLURM_JOB_NODELIST; -H a:4,b:4 says it by hand$/,
  );
  expect(refusal(() => slots({ SLURM_JOB_NODELIST: 'n[1-' }))).toMatch(/^SLURM_JOB_NODELIST=n\[1- is no list of nodes/);
  expect(refusal(() => slots({ SLURM_JOB_NODELIST: '-x' }))).toMatch(/^SLURM_JOB_NODELIST: -x: /);
});
