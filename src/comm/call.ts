/** Running one collective of a communicator: what ends it besides its messages, and what a failure half-way does to everybody. */
import * as errors from '../errors.ts';
import { isMpiError, type MpiError } from '../errors.ts';
import { OpState } from '../matching/operation.ts';
import { checkWaiting, isLimited, type WaitOptions, watch } from '../p2p/guard.ts';
import { Running } from '../p2p/running.ts';
import { here, stackHere, woken } from '../p2p/wait.ts';
import type { CollectiveChannel } from './channel.ts';
import type { Domain } from './domain.ts';

/**
 * Runs one collective. Whatever ends it half-way on this rank (a time limit, a signal, an op that throws) leaves the
 * communicator unusable and tells the other ranks, so that none waits for us. HOT (bench: allreduce, barrier).
 */
export async function runCall<T>(
  domain: Domain,
  call: string,
  options: WaitOptions | undefined,
  run: (domain: Domain) => T | Promise<T>,
): Promise<T> {
  check(domain, call, options);
  const before = domain.current;
  const begun = begin(domain, run);
  const channel = domain.current === before ? null : domain.current;
  if (!(begun instanceof Promise)) {
    // Nothing had to be waited for.
    if (channel !== null) domain.ended(channel);
    return begun;
  }
  const work = new Running(begun);
  if (channel !== null) channel.awaited = work;
  const limit = channel !== null && isLimited(options) ? new Limit(domain, call, channel, options) : null;
  while (work.pending) {
    const locate = await woken(work);
    if (locate !== undefined) locate(stackHere(runCall));
  }
  limit?.release();
  const error = work.state === OpState.FAILED ? failure(domain, call, channel, limit, work.error) : undefined;
  if (channel !== null) domain.ended(channel);
  if (error !== undefined) throw here(error);
  return work.value as T;
}

function check(domain: Domain, call: string, options: WaitOptions | undefined): void {
  try {
    domain.check(call);
    checkWaiting(call, options);
  } catch (error) {
    if (!isMpiError(error)) throw error;
    // A signal that has fired already is a rank that does not come: the others must not wait for it.
    if (error.code === 'ERR_ABORTED') domain.fail(call, domain.lastCall + 1, error);
    throw errors.located(error, { rank: domain.rank, op: call });
  }
}

function begin<T>(domain: Domain, run: (domain: Domain) => T | Promise<T>): T | Promise<T> {
  try {
    return run(domain);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** What a call that has failed throws; the other ranks are told, if they may wait for us. */
function failure(
  domain: Domain,
  call: string,
  channel: CollectiveChannel | null,
  limit: Limit | null,
  error: unknown,
): unknown {
  if (limit?.expired !== undefined) return limit.expired;
  const cause = isMpiError(error) ? error : errors.threwInside(call, error);
  errors.located(cause, { rank: domain.rank, op: call });
  if (channel !== null && !channel.closed) domain.fail(call, channel.number, cause);
  return error;
}

/** The time limit or the signal of a call. */
class Limit {
  /** What the call fails with, once it has run out. */
  expired: MpiError | undefined;
  readonly #watch: { release(): void };

  constructor(domain: Domain, call: string, channel: CollectiveChannel, options: WaitOptions) {
    this.#watch = watch(
      domain.engine.clock,
      options,
      () => channel.describe(),
      (error) => {
        this.expired = errors.located(error, { rank: domain.rank, op: call });
        domain.fail(call, channel.number, this.expired);
      },
    );
  }

  release(): void {
    this.#watch.release();
  }
}
