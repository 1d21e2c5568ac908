/** Whether the machine, the system and the container have room for the ranks. */
import { counted } from '../../counted.ts';
import type { Facts } from '../facts.ts';
import { bytes, type Finding, type JobInMind, ok, problem, warning } from '../finding.ts';

/** What a Node process has open besides its connections. */
const OWN_FILES = 32;
/** Of tsrun or an agent for each rank: standard input, output and error, and the control channel. */
const FILES_OF_RANK = 4;
/** A Node process is one thread that runs JavaScript, four that help V8, four of libuv, and two that watch. */
const THREADS_OF_RANK = 11;
/** What is left to others, and to what ranks start. */
const OTHER_PROCESSES = 50;
/** Of an empty rank, in bytes. */
const MEMORY_OF_RANK = 60 * 2 ** 20;

export function checkResources(facts: Facts, job: JobInMind): Finding[] {
  return [
    checkProcessors(facts, job),
    checkMemory(facts, job),
    checkOpenFiles(facts, job),
    ...checkProcesses(facts, job),
  ];
}

function checkProcessors({ processors: { usable, quota } }: Facts, { here }: JobInMind): Finding {
  const subject = 'processors';
  const limited = quota !== undefined && quota < usable;
  const cores = limited ? quota : usable;
  const text = limited ? `${usable}, of which a control group allows ${round(quota)} at a time` : `${usable}`;
  if (here <= Math.max(cores, 1)) return ok(subject, text);
  const fewer = `ranks will take turns: start ${Math.max(1, Math.floor(cores))} here`;
  return warning(
    subject,
    `${text}, for ${counted(here, 'rank')}`,
    limited ? `${fewer}, or give the container more` : fewer,
  );
}

function checkMemory({ limits: { memory } }: Facts, { here }: JobInMind): Finding {
  const need = here * MEMORY_OF_RANK;
  if (memory >= need) return ok('memory', bytes(memory));
  return problem(
    'memory',
    `${bytes(memory)}; ${counted(here, 'rank')} take ${bytes(need)} before they do anything`,
    'start fewer ranks here',
  );
}

/** Every rank may be linked to every other one. */
function checkOpenFiles({ limits: { openFiles } }: Facts, { ranks, here }: JobInMind): Finding {
  const need = OWN_FILES + Math.max(ranks - 1, here * FILES_OF_RANK);
  if (openFiles === undefined) return ok('open files', 'no limit');
  if (openFiles >= need) return ok('open files', `${openFiles}`);
  return problem(
    'open files',
    `${openFiles} in one process; a job of ${counted(ranks, 'rank')} needs ${need}`,
    'raise the hard limit (ulimit -Hn): limits.conf(5), LimitNOFILE= of systemd, --ulimit nofile= of a container',
  );
}

function checkProcesses({ limits: { userProcesses, groupProcesses } }: Facts, { here }: JobInMind): Finding[] {
  const need = here * THREADS_OF_RANK + OTHER_PROCESSES;
  const judge = (limit: number | undefined, whose: string, mend: string): Finding[] => {
    if (limit === undefined) return [];
    const text = `${limit} with threads, ${whose}`;
    if (limit >= need) return [ok('processes', text)];
    return [problem('processes', `${text}; ${counted(here, 'rank')} need ${need}`, mend)];
  };
  return [
    ...judge(userProcesses, 'for this user', 'raise ulimit -u: limits.conf(5), LimitNPROC= of systemd'),
    ...judge(
      groupProcesses,
      'in this control group',
      'raise pids.max: TasksMax= of systemd, --pids-limit of a container',
    ),
  ];
}

function round(number: number): number {
  return Math.round(number * 100) / 100;
}
