/**
 * Runs a job to its end: hands out addresses, notices the first failure, stops the others, and says why.
 *
 * running → stopping → ended. Everything that can end a job (a verdict, a signal, the timeout, output that nobody reads) meets in
 * {@link Supervisor.#stop}; the first one decides the exit code.
 */
import { constants } from 'node:os';
import { Deferred } from '../../src/base/deferred.ts';
import { invariant } from '../../src/base/invariant.ts';
import type { FromRank, PendingCall } from '../../src/contract/control.ts';
import type { Agent, AgentEvent } from '../agents/agent.ts';
import { ExitCode } from '../failure.ts';
import type { Whereabouts } from '../report.ts';
import { Judge } from './judge.ts';
import { Messenger } from './messenger.ts';
import { exitCodeOf, type Verdict } from './verdict.ts';

/** How long, in milliseconds, a failure that looks like a consequence waits for news of its cause. */
const PATIENCE = 300;
/** The same where a link between hosts broke: a host itself may be lost, and its agent's silence takes that long to notice. */
const PATIENCE_ACROSS = 8000;
/** A rank that is asked where it is and does not answer in time is computing. */
const ANSWER = 400;
/** Between two looks whether the output of ranks that have exited still comes. */
const LINGER = 200;
/** From SIGTERM to SIGKILL. */
const GRACE = 2000;

type Lost = Pick<Extract<FromRank, { type: 'lost' }>, 'peer' | 'detail'>;

/** Why a job ended. */
export type Ending =
  | { readonly type: 'success' }
  | { readonly type: 'verdict'; readonly verdict: Verdict }
  | { readonly type: 'signal'; readonly signal: NodeJS.Signals }
  | { readonly type: 'timeout'; readonly whereabouts: readonly Whereabouts[] }
  /** Nobody reads what the job prints. */
  | { readonly type: 'unread' }
  /** What the job prints cannot be written. */
  | { readonly type: 'unwritable'; readonly reason: string };

export interface Outcome {
  readonly ending: Ending;
  readonly exitCode: number;
  /** How many ranks had to be stopped, not counting the one to blame. */
  readonly stopped: number;
}

interface RankState {
  pid: number | undefined;
  exited: boolean;
  closed: boolean;
}

export class Supervisor {
  readonly outcome: Promise<Outcome>;
  readonly #done = new Deferred<Outcome>();
  readonly #agent: Agent;
  readonly #judge: Judge;
  readonly #ranks: readonly RankState[];
  readonly #answers = new Map<number, readonly PendingCall[]>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #phase: 'running' | 'stopping' | 'ended' = 'running';
  #ending: { ending: Ending; exitCode: number; stopped: number } | undefined;
  #patience: NodeJS.Timeout | undefined;
  #paused = false;
  /** No output has come since it was last looked. */
  #quiet = false;
  /** How many more times it is looked. */
  #linger = 10;
  #lingerTimer: NodeJS.Timeout | undefined;
  #asking = false;
  #allAnswered: (() => void) | undefined;
  readonly #hostOf: readonly number[];
  readonly #messenger: Messenger;

  /** @param hostOf - by rank. */
  constructor(agent: Agent, hostOf: readonly number[]) {
    this.#agent = agent;
    this.#hostOf = hostOf;
    this.#judge = new Judge(hostOf.length, hostOf);
    this.#messenger = new Messenger(agent, hostOf.length);
    this.#ranks = hostOf.map(() => ({
      pid: undefined,
      exited: false,
      closed: false,
    }));
    this.outcome = this.#done.promise;
  }

  /** All of them. */
  get ranks(): number[] {
    return [...this.#ranks.keys()];
  }

  pidOf(rank: number): number | undefined {
    return this.#ranks[rank]?.pid;
  }

  hear(event: AgentEvent): void {
    if (event.type === 'gone') return this.#hostGone(event.host, event.ranks, event.reason);
    // Who signals one of several tsruns signals all of them: a second one is no impatience.
    if (event.type === 'signalled') return this.#phase === 'running' ? this.signal(event.signal) : undefined;
    if (event.type === 'unwritable') return this.outputBroken(event.code, event.reason);
    const state = this.#ranks['rank' in event ? event.rank : -1];
    invariant(state !== undefined, 'an event of a rank that is none', event.type);
    switch (event.type) {
      case 'spawned':
        state.pid = event.pid;
        break;
      case 'unspawned':
        state.exited = true;
        state.closed = true;
        this.#judge.unspawned(event.rank, event.reason);
        this.#consider();
        this.#checkEnd();
        break;
      case 'control':
        this.#heard(event.rank, event.message);
        break;
      case 'exited':
        state.exited = true;
        this.#judge.exited(event.rank, event);
        this.#consider();
        this.#checkEnd();
        break;
      case 'closed':
        state.closed = true;
        this.#checkEnd();
        break;
      case 'output':
        this.#quiet = false;
        break;
      case 'input':
        break;
    }
  }

  /** The reader of the job's output is slow, or has caught up: what has not been read yet is not lost for that. */
  flow(paused: boolean): void {
    this.#paused = paused;
  }

  /** A signal that tsrun got: the ranks get the same, and 2 s for it. The second one is the last. */
  signal(signal: NodeJS.Signals): void {
    if (this.#phase === 'stopping') return this.#kill();
    this.#stop({ type: 'signal', signal }, ExitCode.SIGNAL + constants.signals[signal], undefined, signal);
  }

  /** The time is up: asks every rank where it is, then ends the job. */
  timeUp(): void {
    if (this.#phase !== 'running' || this.#asking) return;
    this.#asking = true;
    const joined = this.#alive().filter((rank) => this.#messenger.knows(rank));
    this.#agent.send({ type: 'control', ranks: joined, message: { type: 'where', id: 0 } });
    const finish = (): void => {
      this.#allAnswered = undefined;
      const whereabouts = this.#ranks.map((_, rank) => this.#whereabouts(rank));
      this.#stop({ type: 'timeout', whereabouts }, ExitCode.TIMEOUT);
    };
    const timer = this.#after(ANSWER, finish);
    this.#allAnswered = () => {
      if (!joined.every((rank) => this.#answers.has(rank))) return;
      clearTimeout(timer);
      finish();
    };
    this.#allAnswered();
  }

  /** The job's output has nowhere to go. */
  outputBroken(code: string | undefined, reason: string): void {
    if (code === 'EPIPE') this.#stop({ type: 'unread' }, ExitCode.SIGNAL + constants.signals.SIGPIPE);
    else this.#stop({ type: 'unwritable', reason }, ExitCode.FAILURE);
  }

  #heard(rank: number, message: FromRank): void {
    if (message.type === 'hello') {
      this.#messenger.hello(rank, message);
    } else if (message.type === 'where') {
      this.#answers.set(rank, message.pending);
      this.#allAnswered?.();
    } else if (message.type === 'lost') this.#tellCause(rank, message, true);
    else if (message.type === 'bye') this.#messenger.bye(rank, message.to);
    this.#judge.heard(rank, message);
    this.#consider();
  }

  #hostGone(host: string, ranks: readonly number[], reason: string): void {
    for (const rank of ranks) {
      const state = this.#ranks[rank]!;
      state.exited = true;
      state.closed = true;
    }
    this.#judge.hostGone(host, ranks, reason);
    this.#consider();
    this.#checkEnd();
  }

  /** A rank asks what its peer died of. It may be heard of in a moment. */
  #tellCause(rank: number, { peer, detail }: Lost, wait: boolean): void {
    const known = this.#judge.knownEnd(peer);
    if (known === undefined && wait) {
      this.#after(PATIENCE, () => this.#tellCause(rank, { peer, detail }, false));
      return;
    }
    const text = known ?? `that rank still runs, but: ${detail}`;
    this.#agent.send({ type: 'control', ranks: [rank], message: { type: 'cause', peer, text } });
  }

  #consider(patience = true): void {
    if (this.#phase !== 'running') return;
    const verdict = this.#judge.verdict(patience);
    if (verdict === undefined) return;
    if (verdict === 'wait') {
      this.#patience ??= this.#after(PATIENCE, () => this.#losePatience());
      return;
    }
    this.#stop({ type: 'verdict', verdict }, exitCodeOf(verdict.cause), verdict.rank);
  }

  /** What every rank has to say has been heard by now, but a host that is lost says nothing. */
  #losePatience(): void {
    const decide = (): void => {
      this.#patience = undefined;
      this.#consider(false);
    };
    const missing = [...this.#judge.missing()];
    if (missing.every(({ rank, noticedBy }) => this.#hostOf[rank] === this.#hostOf[noticedBy])) return decide();
    this.#patience = this.#after(PATIENCE_ACROSS - PATIENCE, decide);
  }

  #stop(ending: Ending, exitCode: number, culprit?: number, signal: NodeJS.Signals = 'SIGTERM'): void {
    if (this.#phase !== 'running') return;
    this.#phase = 'stopping';
    const alive = this.#alive();
    const lost = ending.type === 'verdict' && ending.verdict.cause.type === 'host' ? ending.verdict.cause.ranks : [];
    const others = this.ranks.filter((rank) => rank !== culprit && !lost.includes(rank) && !this.#wasDone(rank));
    this.#ending = { ending, exitCode, stopped: others.length };
    // The one to blame is about to end by itself, and may have something to write before.
    this.#agent.send({ type: 'signal', ranks: alive.filter((rank) => rank !== culprit), signal });
    this.#after(GRACE, () => this.#kill());
    if (culprit !== undefined && alive.includes(culprit)) {
      this.#after(GRACE / 4, () => {
        if (!this.#ranks[culprit]!.exited) this.#agent.send({ type: 'signal', ranks: [culprit], signal });
      });
    }
    this.#checkEnd();
  }

  /** Ended well before the failure: nobody had to stop it. */
  #wasDone(rank: number): boolean {
    return this.#ranks[rank]!.exited && this.#judge.succeeded(rank);
  }

  #kill(): void {
    this.#agent.send({ type: 'signal', ranks: this.ranks, signal: 'SIGKILL' });
  }

  #checkEnd(): void {
    if (this.#phase === 'ended') return;
    if (!this.#ranks.every(({ exited }) => exited)) return;
    if (this.#phase === 'running') {
      // Whatever the ranks have started and left behind still writes: no line of the ranks themselves may be lost.
      if (!this.#ranks.every(({ closed }) => closed) && !this.#lingering()) return;
      const verdict = this.#judge.finalVerdict();
      this.#end(
        verdict === undefined
          ? { ending: { type: 'success' }, exitCode: 0, stopped: 0 }
          : { ending: { type: 'verdict', verdict }, exitCode: exitCodeOf(verdict.cause), stopped: 0 },
      );
    } else this.#end(this.#ending!);
  }

  /**
   * All ranks have exited, but somebody holds their output open. He is waited for as long as bytes come or cannot be read, though not
   * for ever: a process that a rank left behind may print to the end of days.
   */
  #lingering(): boolean {
    if (this.#linger === 0) return true;
    if (this.#lingerTimer === undefined) {
      this.#quiet = true;
      this.#lingerTimer = this.#after(LINGER, () => {
        this.#lingerTimer = undefined;
        if (!this.#paused) this.#linger = this.#quiet ? 0 : this.#linger - 1;
        this.#checkEnd();
      });
    }
    return false;
  }

  #end(outcome: Outcome): void {
    this.#phase = 'ended';
    for (const timer of this.#timers) clearTimeout(timer);
    this.#messenger.close();
    this.#done.resolve(outcome);
  }

  #alive(): number[] {
    return this.#ranks.flatMap(({ exited }, rank) => (exited ? [] : [rank]));
  }

  #whereabouts(rank: number): Whereabouts {
    if (this.#ranks[rank]!.exited) return { type: 'ended' };
    if (!this.#messenger.knows(rank)) return { type: 'outside' };
    const pending = this.#answers.get(rank);
    return pending === undefined ? { type: 'silent' } : { type: 'pending', pending };
  }

  #after(milliseconds: number, action: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, milliseconds);
    this.#timers.add(timer);
    return timer;
  }
}
