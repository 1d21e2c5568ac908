/**
 * Finds the rank that failed first. Pure: it is told what happened, and asked; it has no clock and starts nothing.
 *
 * When a rank dies, the others fail within microseconds, because of it; what they report can come before the news of the death. So a
 * failure that names another rank, or comes from one that had lost another, is a consequence until proven otherwise: it
 * accuses that rank, and becomes the cause itself only if nothing is heard of the accused in time.
 */

import type { FromRank, SerializedError } from '../../src/contract/control.ts';
import type { ErrorCode } from '../../src/errors.ts';
import type { RankExit } from '../agents/agent.ts';
import type { Cause, Verdict } from './verdict.ts';

/** Errors that another rank's failure causes. */
const CONSEQUENCES = new Set<string>(['ERR_PROC_FAILED', 'ERR_COMM', 'ERR_REVOKED'] satisfies ErrorCode[]);

/** An accusation of nobody in particular. */
const SOMEBODY = -1;

interface Record {
  joined: boolean;
  finalized: boolean;
  /** Its first word on its own end. */
  failure: Cause | undefined;
  /** The rank that this one takes for the culprit. */
  accused: number | undefined;
  /** Peers whose link to this rank broke. */
  readonly lost: number[];
  exit: RankExit | undefined;
}

export class Judge {
  readonly #records: readonly Record[];
  /** Ranks that failed, in the order in which it was heard. */
  readonly #failed: number[] = [];

  readonly #hostOf: readonly number[];

  /** @param hostOf - by rank; none: all are on one. */
  constructor(size: number, hostOf: readonly number[] = Array<number>(size).fill(0)) {
    this.#hostOf = hostOf;
    this.#records = Array.from({ length: size }, () => ({
      joined: false,
      finalized: false,
      failure: undefined,
      accused: undefined,
      lost: [],
      exit: undefined,
    }));
  }

  heard(rank: number, message: FromRank): void {
    const record = this.#records[rank]!;
    switch (message.type) {
      case 'hello':
        record.joined = true;
        break;
      case 'finalized':
        record.finalized = true;
        break;
      case 'lost':
        record.lost.push(message.peer);
        break;
      case 'error':
        this.#fail(rank, { type: 'error', error: message.error }, accusedBy(message.error));
        break;
      case 'exit':
        if (message.code === 0) record.failure ??= { type: 'early', stack: message.stack };
        else this.#fail(rank, { type: 'code', code: message.code, stack: message.stack });
        break;
      case 'stuck':
        this.#fail(rank, { type: 'stuck', pending: message.pending });
        break;
      case 'abort':
        record.failure = undefined;
        record.lost.length = 0;
        this.#fail(rank, { type: 'abort', code: message.code, reason: message.reason, stack: message.stack });
        break;
      case 'ready':
      case 'where':
      case 'bye':
      case 'note':
        break;
    }
  }

  unspawned(rank: number, reason: string): void {
    this.#fail(rank, { type: 'unspawned', reason });
  }

  /** Nothing more is heard of a host's ranks: whoever of them had not ended well is lost. */
  hostGone(host: string, ranks: readonly number[], reason: string): void {
    for (const rank of ranks) {
      const record = this.#records[rank]!;
      if (record.exit !== undefined) continue;
      record.exit = { code: null, signal: null, outOfMemory: false };
      if (record.finalized) continue;
      record.failure = undefined;
      record.lost.length = 0;
      this.#fail(rank, { type: 'host', host, ranks, reason });
    }
  }

  exited(rank: number, exit: RankExit): void {
    const record = this.#records[rank]!;
    record.exit = exit;
    if (exit.outOfMemory) this.#fail(rank, { type: 'memory' });
    else if (exit.signal !== null) this.#fail(rank, { type: 'signal', signal: exit.signal });
    else if (exit.code !== 0) this.#fail(rank, { type: 'code', code: exit.code ?? 1, stack: '' });
  }

  /**
   * The one to blame, as far as it is known now; `wait` when somebody is accused who may still be heard of.
   *
   * @param patience - false: the time to wait is over, whoever has failed first is to blame.
   */
  verdict(patience: boolean): Verdict | 'wait' | undefined {
    const absent = this.#absent();
    if (absent !== undefined) return absent;
    // After its good-byes a rank may end as it likes: the job's code is its, but nobody has to stop for it.
    const failed = this.#failed.filter((rank) => !this.#records[rank]!.finalized);
    const cause = failed.find((rank) => this.#records[rank]!.accused === undefined);
    if (cause !== undefined) return this.#blame(cause);
    const first = failed[0];
    if (first !== undefined) {
      const culprit = this.#follow(first);
      if (this.#leftEarly(culprit)) return this.#blame(culprit);
      return patience ? 'wait' : this.#blame(culprit);
    }
    // Nobody has failed, but somebody has gone whom somebody may need.
    const needed = this.#records.findIndex(
      (_, rank) => this.#leftEarly(rank) && this.#records.some((_, other) => this.#misses(other, rank)),
    );
    if (needed < 0) return undefined;
    return patience ? 'wait' : this.#blame(needed);
  }

  /** Ranks to which a link broke though nothing has been heard of their end so far, each with one that noticed. */
  *missing(): Iterable<{ readonly rank: number; readonly noticedBy: number }> {
    for (const [noticedBy, { lost }] of this.#records.entries()) {
      for (const rank of lost) {
        const { failure, exit } = this.#records[rank]!;
        if (failure === undefined && exit === undefined && this.#mayHaveFailed(rank)) yield { rank, noticedBy };
      }
    }
  }

  /** When every rank has exited. */
  finalVerdict(): Verdict | undefined {
    const verdict = this.verdict(false);
    if (verdict !== undefined && verdict !== 'wait') return verdict;
    if (this.#failed[0] !== undefined) return this.#blame(this.#failed[0]);
    // All of them left without good-bye: their own way of ending a job. Some only: they were missed.
    const early = this.#records.findIndex((_, rank) => this.#leftEarly(rank));
    return early >= 0 && this.#records.some(({ finalized }) => finalized) ? this.#blame(early) : undefined;
  }

  /** It has ended well, with nothing left to do. */
  succeeded(rank: number): boolean {
    const { joined, finalized, exit } = this.#records[rank]!;
    return exit?.code === 0 && (finalized || !joined);
  }

  /** What is known of a rank's end, for a rank that lost its link to it. */
  knownEnd(rank: number): string | undefined {
    const { failure, exit } = this.#records[rank]!;
    if (failure?.type === 'error') return `rank ${rank} failed: ${failure.error.name}: ${failure.error.message}`;
    if (failure?.type === 'host') return `host ${failure.host} was lost, and rank ${rank} with it`;
    if (failure?.type === 'memory') return `rank ${rank} ran out of memory`;
    if (exit === undefined) return undefined;
    if (exit.signal !== null) return `rank ${rank} was killed by ${exit.signal}`;
    return `rank ${rank} exited with code ${exit.code}`;
  }

  #fail(rank: number, cause: Cause, accused?: number): void {
    const record = this.#records[rank]!;
    if (record.failure !== undefined && record.failure.type !== 'early') return;
    record.failure = cause;
    const suspect = accused ?? (cause.type === 'error' || cause.type === 'code' ? record.lost[0] : undefined);
    record.accused =
      suspect === SOMEBODY || (suspect !== undefined && this.#mayHaveFailed(suspect)) ? suspect : undefined;
    this.#failed.push(rank);
  }

  #mayHaveFailed(rank: number): boolean {
    const record = this.#records[rank];
    return record !== undefined && !record.finalized;
  }

  /** From an accuser to whom it accuses, and on, as long as that one has failed too. */
  #follow(rank: number): number {
    const seen = new Set<number>();
    let at = rank;
    while (!seen.has(at)) {
      seen.add(at);
      const { accused } = this.#records[at]!;
      if (accused === undefined || accused === SOMEBODY) return at;
      if (this.#records[accused]!.failure === undefined && !this.#leftEarly(accused)) return at;
      at = accused;
    }
    return rank;
  }

  /** The one still runs and has lost the other. Between hosts there may be no link yet that could break. */
  #misses(rank: number, gone: number): boolean {
    const { exit, lost } = this.#records[rank]!;
    return exit === undefined && (lost.includes(gone) || this.#hostOf[rank] !== this.#hostOf[gone]);
  }

  #leftEarly(rank: number): boolean {
    const { joined, finalized, exit } = this.#records[rank]!;
    return joined && !finalized && exit?.code === 0;
  }

  /** A rank that ended well without joining, while others have joined: they would wait for it for ever. */
  #absent(): Verdict | undefined {
    if (!this.#records.some(({ joined }) => joined)) return undefined;
    const rank = this.#records.findIndex(({ joined, exit }) => !joined && exit?.code === 0);
    return rank < 0 ? undefined : { rank, cause: { type: 'absent' } };
  }

  #blame(rank: number): Verdict {
    const { failure } = this.#records[rank]!;
    return { rank, cause: failure ?? { type: 'early', stack: '' } };
  }
}

/** The rank that an error is blamed on, through its causes. */
function accusedBy(error: SerializedError): number | undefined {
  for (let at: SerializedError | undefined = error; at !== undefined; at = at.cause) {
    if (at.name === 'MpiError' && at.code !== undefined && CONSEQUENCES.has(at.code)) return at.peer ?? SOMEBODY;
  }
  return undefined;
}
