/** Running one collective of a communicator: what ends it besides its messages, and what a failure half-way does to everybody. */
import * as errors from '../errors.ts';
import { isMpiError, type MpiError } from '../errors.ts';
import { checkWaiting, type WaitOptions, watch } from '../p2p/guard.ts';
import { Running } from '../p2p/running.ts';
import { relocated, wait } from '../p2p/wait.ts';
import type { Domain } from './domain.ts';

/**
 * Runs one collective. Whatever ends it half-way on this rank (a time limit, a signal, an op that throws) leaves the
 * communicator unusable and tells the other ranks, so that none waits for us. HOT (bench: allreduce, barrier).
 */
export async function runCall<T>(
  domain: Domain,
  call: string,
  options: WaitOptions | undefined,
  run: (domain: Domain) => Promise<T>,
): Promise<T> {
  try {
    domain.check(call);
    checkWaiting(call, options);
  } catch (error) {
    if (!isMpiError(error)) throw error;
    // A signal that has fired already is a rank that does not come: the others must not wait for it.
    if (error.code === 'ERR_ABORTED') domain.fail(call, domain.lastCall + 1, error);
    throw errors.located(error, { rank: domain.rank, op: call });
  }
  const before = domain.current;
  let running: Promise<T>;
  try {
    running = run(domain);
  } catch (error) {
    running = Promise.reject(error);
  }
  const channel = domain.current === before ? null : domain.current;
  const work = new Running(running);
  if (channel !== null) channel.awaited = work;
  let expired: MpiError | undefined;
  const limit =
    options === undefined || channel === null
      ? null
      : watch(
          domain.engine.clock,
          options,
          () => channel.describe(),
          (error) => {
            expired = errors.located(error, { rank: domain.rank, op: call });
            domain.fail(call, channel.number, expired);
          },
        );
  try {
    return await wait<T>(work);
  } catch (error) {
    if (expired !== undefined) throw relocated(expired);
    const cause = errors.located(isMpiError(error) ? error : errors.threwInside(call, error), {
      rank: domain.rank,
      op: call,
    });
    if (channel !== null && !channel.closed) domain.fail(call, channel.number, cause);
    throw cause === error ? relocated(cause) : error;
  } finally {
    limit?.release();
    if (channel !== null) domain.ended(channel);
  }
}
