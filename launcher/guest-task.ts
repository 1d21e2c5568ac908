/** What a command line may say when another launcher has started tsrun as one task of many. Pure. */
import type { OuterPuzzle, OuterTask } from '../src/contract/outer.ts';
import type { Given } from './given.ts';
import { type Scanned, usage } from './scan.ts';

/** They decide where ranks run, and how other hosts are reached: that has been done. */
const DECIDED = ['host', 'hostfile', 'ppn', 'map-by', 'oversubscribe', 'launcher', 'ssh', 'sync', 'fan-out'];

/** @throws LaunchFailure with exit code 2 for what a task cannot ask for, or when it cannot know which one it is. */
export function checkGuest(task: OuterTask | OuterPuzzle, given: Given, programs: readonly Scanned[]): OuterTask {
  const instead = 'with -n N, tsrun starts a job of its own on this machine';
  if ('problem' in task) {
    throw usage(
      `${task.launcher} seems to have started this tsrun as one of its tasks, but ${task.problem}; ${instead}`,
    );
  }
  if (given.has('model'))
    throw usage(`--model: the table chooses algorithms where ${task.launcher} starts the ranks; ${instead}`);
  const option = DECIDED.find((name) => given.has(name));
  const word = programs.length > 1 ? '":"' : option === undefined ? undefined : `--${option}`;
  if (word === undefined) return task;
  const { launcher, variable, rank, size } = task;
  throw usage(
    `${word} is nothing for a task of ${launcher}, which has decided what runs where: ` +
      `this tsrun is to be rank ${rank} of ${size} (${variable} is set); ${instead}`,
  );
}
