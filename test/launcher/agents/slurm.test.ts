import { describe, expect, test } from 'vitest';
import { explainSrun, slurmStarter } from '../../../launcher/agents/slurm.ts';
import type { ProgramEnd } from '../../../launcher/agents/start.ts';

describe('the way to a node', () => {
  const ALLOCATION = {
    PATH: '/bin',
    SLURM_CONF: '/etc/slurm/slurm.conf',
    SLURM_CLUSTER_NAME: 'test',
    SLURM_JOB_ID: '41',
    SLURM_JOBID: '41',
    SLURM_JOB_NODELIST: 'n[1-2]',
    SLURM_ARRAY_TASK_ID: '3',
    SLURM_SUBMIT_DIR: '/home/ada',
  };

  test('is a step of the job on that node, and only there', () => {
    const { command } = slurmStarter(ALLOCATION)('n2');
    expect(command.slice(0, 5)).toEqual(['srun', '--jobid=41', '--nodelist=n2', '--nodes=1', '--ntasks=1']);
  });

  test('does not hear what was meant for other steps', () => {
    const others = {
      SLURM_NTASKS: '6',
      SLURM_NNODES: '2',
      SLURM_STEP_ID: '0',
      SLURM_STEP_NUM_TASKS: '6',
      SLURM_LABELIO: '1',
      SLURM_EXACT: '1',
      SLURM_HET_SIZE: '2',
      SLURM_OPTION_OF_TOMORROW: '1',
      SRUN_CPUS_PER_TASK: '2',
    };
    expect(slurmStarter({ ...ALLOCATION, ...others })('n1').env).toEqual(ALLOCATION);
  });

  test('hands on what a program asks for its share', () => {
    const shares = { SLURM_CPUS_PER_TASK: '2', SLURM_MEM_PER_NODE: '4000', SLURM_TRES_PER_TASK: 'cpu=2,gres/gpu=1' };
    const { command, env } = slurmStarter({ ...ALLOCATION, ...shares })('n1');
    expect(command).toContain('--export=ALL,SLURM_CPUS_PER_TASK=2,SLURM_MEM_PER_NODE=4000');
    expect(env).toEqual(ALLOCATION);
    expect(slurmStarter(ALLOCATION)('n1').command).toContain('--export=ALL');
  });
});

describe('srun that did not get there', () => {
  const NOISE = 'srun: cluster configuration lacks support for cpu binding';

  function explain(words: string[], end: Partial<ProgramEnd> = {}): string | undefined {
    const none = { error: undefined, code: 1, signal: null, timedOut: undefined };
    return explainSrun({ ...none, words: [NOISE, ...words], ...end }, 'n2', '41');
  }

  test.each<[string, string[], RegExp]>([
    [
      'the controller, also where srun then doubts the job',
      [
        'srun: error: Unable to confirm allocation for job 41: Unable to contact slurm controller (connect failure)',
        'srun: Check SLURM_JOB_ID environment variable. Expired or invalid job 41',
      ],
      /^Slurm's controller does not answer; scontrol ping .* \(srun: error: Unable to confirm/,
    ],
    [
      'a daemon that does not answer',
      [
        'srun: error: Task launch for StepId=41.1 failed on node n2: Communication connection failure',
        'srun: error: Application launch failed: Resource temporarily unavailable',
        'srun: Job step aborted',
      ],
      /^Slurm's daemon on it \(slurmd\) could not start a task; sinfo -N -l -n n2 .* failed on node n2: /,
    ],
    ['an old Slurm', ["srun: unrecognized option '--overlap'", 'Try "srun --help" for more'], /20\.11 or newer/],
    [
      'any other complaint in its own words',
      ['srun: error: Unable to create step for job 41: Step limit reached for this job', 'srun: and more'],
      /^srun: error: Unable to create step for job 41: Step limit reached for this job$/,
    ],
  ])('blames %s', (_, words, sentence) => expect(explain(words)).toMatch(sentence));

  test('has its words for a time that is over', () => {
    const disabled = 'srun: Job 41 step creation temporarily disabled, retrying (Requested nodes are busy)';
    expect(explain([disabled], { timedOut: 30 })).toBe(
      `Slurm begins no more steps in job 41 now; squeue -s -j 41 shows those that run (${disabled})`,
    );
    expect(explain([], { timedOut: 30 })).toMatch(/^no answer after 30 s; scontrol show job 41 .* sinfo -N -l -n n2 /);
  });

  test('has nothing to add to an end without a word', () => {
    expect(explain([])).toBeUndefined();
  });

  test('says that there is no Slurm here', () => {
    expect(explain([], { error: Object.assign(new Error('spawn srun ENOENT'), { code: 'ENOENT' }) })).toMatch(
      /^there is no command srun here; .* --launcher ssh$/,
    );
  });
});
