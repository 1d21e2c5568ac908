/** One rank as its agent sees it: a process in a session and group of its own, its streams, its control channel, its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { Deferred } from '../../src/base/deferred.ts';
import type { ToRank } from '../../src/contract/control.ts';
import { Environment } from '../../src/contract/environment.ts';
import { LineSplitter } from '../io/line-splitter.ts';
import { systemReason } from '../io/system-reason.ts';
import type { AgentEvent, RankPlan } from './agent.ts';
import { ControlLine } from './control-line.ts';
import { CrashFilter } from './crash-filter.ts';
import type { Guard } from './guard.ts';

const CONTROL_FD = 3;

export class RankProcess {
  readonly #rank: number;
  readonly #child: ChildProcess;
  readonly #guard: Guard;
  readonly #emit: (event: AgentEvent) => void;
  readonly #control: ControlLine | undefined;
  readonly #crash: CrashFilter;
  readonly #closed = new Deferred<void>();
  /** Whether somebody may be left in the process group. */
  #group: boolean;

  constructor(plan: RankPlan, main: string, guard: Guard, emit: (event: AgentEvent) => void) {
    this.#rank = plan.rank;
    this.#guard = guard;
    this.#emit = emit;
    const child = spawn(process.execPath, [...plan.nodeOptions, main, ...plan.args], {
      cwd: plan.workingDirectory,
      env: { ...process.env, ...plan.env, [Environment.CONTROL_FD]: String(CONTROL_FD) },
      detached: true,
      stdio: [plan.input ? 'pipe' : 'ignore', 'pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#group = child.pid !== undefined;
    this.#crash = new CrashFilter((data) => emit({ type: 'output', rank: plan.rank, stream: 'stderr', data }));
    // Also when a signal cannot be sent, which is nothing to report.
    child.on('error', () => {});
    // The system refused: it says why in a moment.
    if (child.pid === undefined) {
      child.once('error', (error) => emit({ type: 'unspawned', rank: plan.rank, reason: refusal(error) }));
      this.#closed.resolve();
      return;
    }
    guard.watch(child.pid);
    this.#control = new ControlLine(child.stdio[CONTROL_FD] as Duplex, (message) =>
      emit({ type: 'control', rank: plan.rank, message }),
    );
    this.#control.send(plan.start);
    const out = new LineSplitter((data) => emit({ type: 'output', rank: plan.rank, stream: 'stdout', data }));
    const err = new LineSplitter((data) => this.#crash.push(data));
    split(child.stdout!, out);
    split(child.stderr!, err);
    child.stdin?.on('error', () => {});
    child.stdin?.on('close', () => emit({ type: 'input', rank: plan.rank, open: false }));
    child.on('exit', (code, signal) => this.#exited(code, signal));
    child.on('close', () => {
      this.#closed.resolve();
      emit({ type: 'closed', rank: plan.rank });
    });
    emit({ type: 'spawned', rank: plan.rank, pid: child.pid });
  }

  get started(): boolean {
    return this.#child.pid !== undefined;
  }

  /** Resolves when the process has exited and its output has ended. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  control(message: ToRank): void {
    this.#control?.send(message);
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#group || this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      this.#forget();
    }
  }

  input(data: Uint8Array | null): void {
    const { stdin } = this.#child;
    if (!stdin?.writable) return this.#emit({ type: 'input', rank: this.#rank, open: false });
    if (data === null) {
      stdin.end();
      return;
    }
    if (stdin.write(data)) this.#emit({ type: 'input', rank: this.#rank, open: true });
    else stdin.once('drain', () => this.#emit({ type: 'input', rank: this.#rank, open: true }));
  }

  flow(paused: boolean): void {
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (paused) stream?.pause();
      else stream?.resume();
    }
  }

  /** Stops reading: whoever still writes there belongs to nobody. */
  letGo(): void {
    for (const stream of this.#child.stdio) stream?.destroy();
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    // Processes that the rank has started may live on in its group. When none does, the group's number is free for others.
    try {
      process.kill(-this.#child.pid!, 0);
    } catch {
      this.#forget();
    }
    const finish = (): void => {
      const crashed = signal === 'SIGABRT' || code === 134;
      const outOfMemory = crashed && this.#crash.outOfMemory;
      this.#crash.end(crashed);
      this.#emit({ type: 'exited', rank: this.#rank, code, signal, outOfMemory });
    };
    // What V8 said before it aborted may still be on its way.
    if (signal !== 'SIGABRT') return finish();
    const { stderr } = this.#child;
    if (stderr === null || stderr.readableEnded) return finish();
    const timer = setTimeout(finish, 200);
    stderr.once('end', () => {
      clearTimeout(timer);
      finish();
    });
  }

  #forget(): void {
    if (!this.#group) return;
    this.#group = false;
    this.#guard.forget(this.#child.pid!);
  }
}

/** What the user reads when a rank cannot be started. */
export function refusal(error: unknown): string {
  return `The system refused to start the process: ${systemReason(error)}`;
}

function split(stream: Readable, splitter: LineSplitter): void {
  stream.on('data', (chunk: Buffer) => splitter.push(chunk));
  stream.on('end', () => splitter.flush());
  stream.on('error', () => {});
}
