/** The composition root: finds out what this process is part of, and makes it so. The only reader of `process.env` in src/. */
import { hostname } from 'node:os';
import { checkAlgorithms } from '../collectives/calls.ts';
import type { Communicator } from '../comm/communicator.ts';
import { type CollectiveSettings, DEFAULT_SETTINGS, type Job, Member } from '../comm/member.ts';
import { RANK_HOOK, type RankHook } from '../contract/control.ts';
import { Environment } from '../contract/environment.ts';
import { outerTask } from '../contract/outer.ts';
import * as errors from '../errors.ts';
import { Engine } from '../matching/engine.ts';
import { Router } from '../transport/router.ts';
import { ControlChannel } from './control.ts';
import { JobRank } from './job.ts';
import { Anchor } from './liveness.ts';
import { nativeFrom } from './native.ts';

export interface Runtime {
  readonly world: Communicator;
  readonly self: Communicator;
  finalize(): Promise<void>;
}

/** Joins the job that `tsrun` has started, or is a job of one. */
export async function start(): Promise<Runtime> {
  const settings = settingsFrom(process.env[Environment.ALGORITHMS]);
  const native = nativeFrom(process.env[Environment.NATIVE]);
  const hook = (globalThis as { [RANK_HOOK]?: RankHook })[RANK_HOOK];
  claim(hook);
  const fd = process.env[Environment.CONTROL_FD] ?? hook?.controlFd;
  if (fd === undefined) {
    refuseTasks();
    return new Alone(settings);
  }
  // What this process starts is no rank.
  delete process.env[Environment.CONTROL_FD];
  return JobRank.join(new ControlChannel(Number(fd)), settings, native);
}

/** One of several tasks of another launcher, each of them alone, is a mistake that would give wrong results and no error. */
function refuseTasks(): void {
  const task = outerTask(process.env);
  if (task !== undefined && ('problem' in task || task.size > 1)) throw errors.withoutTsrun(task);
}

/** Two copies of the library in one rank would be two worlds: the second one refuses. */
function claim(hook: RankHook | undefined): void {
  if (hook === undefined) return;
  if (hook.library !== undefined) throw errors.twoCopies(hook.library, import.meta.url);
  hook.library = import.meta.url;
}

function settingsFrom(algorithms: string | undefined): CollectiveSettings {
  if (algorithms === undefined || algorithms === '') return DEFAULT_SETTINGS;
  const chosen = new Map<string, string>();
  for (const pair of algorithms.split(',')) {
    const [collective, algorithm, more] = pair.trim().split('=');
    if (!collective || !algorithm || more !== undefined) throw errors.badAlgorithms(Environment.ALGORITHMS, pair);
    chosen.set(collective, algorithm);
  }
  checkAlgorithms(chosen);
  return { ...DEFAULT_SETTINGS, algorithms: chosen };
}

/** A program that nobody launched: a world of one. */
class Alone implements Runtime, Job {
  readonly world: Communicator;
  readonly self: Communicator;
  readonly restart = 0;
  readonly #member: Member;

  constructor(settings: CollectiveSettings) {
    const engine = new Engine({ transport: Router.alone(), endpoints: 1, liveness: new Anchor() });
    this.#member = new Member({ engine, job: this, settings, hosts: [hostname()] });
    this.world = this.#member.world();
    this.self = this.#member.self();
  }

  began(): void {
    // There is nobody to disagree with.
  }

  abort(code: number, reason: string | undefined): never {
    process.stderr.write(`tsmpi: aborted${reason === undefined ? '' : `: ${reason}`}\n`);
    process.exit(code);
  }

  async finalize(): Promise<void> {
    this.#member.end(errors.finalized());
  }
}
