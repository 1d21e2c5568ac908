/** The way to another host of a Slurm allocation: srun, with a step of one task; and what its failures mean. */
import { SHELL_PROGRAM } from './bootstrap.ts';
import type { ProgramEnd, Starter, StarterFor } from './start.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** srun(1); without `--exact` a step has all processors that the job has on the node. */
const OPTIONS = [
  '--nodes=1',
  '--ntasks=1',
  // Other steps of the job may run there; the agent takes nothing from them. Since Slurm 20.11.
  '--overlap',
  '--cpu-bind=none',
  // All that the job has on the node.
  '--mem=0',
  '--mpi=none',
  '--chdir=/',
  // What does not end with a newline would be held back. The terminal that the task gets for it changes no byte.
  '--unbuffered',
];

/**
 * srun takes options from SLURM_* and SRUN_*: those of the allocation as a whole, or of a step around tsrun, would shape or break ours. These
 * only say which job it is, and how to speak with Slurm.
 */
const KEPT = /^SLURM_(?:JOB_?|ARRAY_|SUBMIT_|CLUSTER|WORKING_CLUSTER$|CONF|JWT$|NODE_ALIASES$)/;

/** By these a program finds out what it may use. srun hands them on as text: with a comma in it, one would become two. */
const SHAPE = /^SLURM_[A-Z]+(?:_[A-Z]+)?_PER_[A-Z]+$/;
const PLAIN = /^[^,\s]+$/;

/** @param env - of a process in the allocation. */
export function slurmStarter(env: Env = process.env): StarterFor {
  const job = env.SLURM_JOB_ID ?? '';
  const all = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const own = Object.fromEntries(all.filter(([name]) => !/^(?:SLURM|SRUN)_/.test(name) || KEPT.test(name)));
  const shape = all.filter(([name, value]) => SHAPE.test(name) && PLAIN.test(value) && own[name] === undefined);
  const exported = ['ALL', ...shape.map(([name, value]) => `${name}=${value}`)].join(',');
  return (host): Starter => ({
    command: [
      'srun',
      `--jobid=${job}`,
      `--nodelist=${host}`,
      ...OPTIONS,
      `--export=${exported}`,
      'sh',
      '-c',
      SHELL_PROGRAM,
    ],
    env: own,
    explain: (end) => explainSrun(end, host, job),
  });
}

/** In the words of srun, what went wrong, and what the user can do about it. The first that fits: one failure draws others after it. */
const CAUSES: readonly (readonly [pattern: RegExp, meaning: (host: string, job: string) => string])[] = [
  [
    /Unable to contact slurm controller|Unable to establish controller/,
    () => "Slurm's controller does not answer; scontrol ping says whether it is up",
  ],
  [
    /Requested node configuration is not available|Invalid node name|not in job allocation/,
    (host, job) => `job ${job} has no node ${host}; scontrol show job ${job} lists its nodes`,
  ],
  [
    /Expired or invalid job|Invalid job id|job \d+ has expired|already completing or completed|has been revoked/,
    (_, job) => `job ${job} is over, or was never here`,
  ],
  [
    /Task launch for .* failed on node|Application launch failed/,
    (host) => `Slurm's daemon on it (slurmd) could not start a task; sinfo -N -l -n ${host} says how the node is`,
  ],
  [/unrecognized option '--overlap'/, () => 'this Slurm is too old; --launcher slurm needs 20.11 or newer'],
  [
    /step creation (?:temporarily|still) disabled|step creation delayed/,
    (_, job) => `Slurm begins no more steps in job ${job} now; squeue -s -j ${job} shows those that run`,
  ],
];

/** What follows `host b: `; undefined where srun's own words are all that there is. */
export function explainSrun({ error, timedOut, words }: ProgramEnd, host: string, job: string): string | undefined {
  if (error?.code === 'ENOENT') {
    return "there is no command srun here; tsrun needs Slurm's own commands, or --launcher ssh";
  }
  for (const [pattern, meaning] of CAUSES) {
    const line = words.find((one) => pattern.test(one));
    if (line !== undefined) return `${meaning(host, job)} (${line.trim()})`;
  }
  const complaint = words.find((line) => /^(?:srun|slurmstepd\S*): (?:fatal|error): (?!.* task 0: Exited)/.test(line));
  if (timedOut === undefined) return complaint;
  // srun waits without a word while the job is suspended, or while its steps leave no room.
  const said = complaint === undefined ? '' : ` (${complaint})`;
  return `no answer after ${timedOut} s${said}; scontrol show job ${job} says whether it runs, sinfo -N -l -n ${host} how the node is`;
}
