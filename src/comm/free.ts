/** Freeing a communicator: until nothing of it is under way, so that nothing of it remains. */
import * as errors from '../errors.ts';
import type { Engine } from '../matching/engine.ts';
import type { Domain } from './domain.ts';

/** All that a communicator is made of, the one that it is called by first. */
export type Parts = readonly [Domain, ...Domain[]];

/**
 * Begins the collective in which every rank learns how many messages it was sent in each of the parts. After it nobody sends any more, so
 * when as many have come the communicator's numbers can be forgotten.
 */
export type Agree = () => Promise<readonly number[]>;

/** What `free` does: resolves when every rank has freed it. */
export function freeDomains(parts: Parts, agree: Agree): Promise<void> {
  const [domain] = parts;
  const { rank, name } = domain;
  if (domain.permanent) return Promise.reject(errors.located(errors.notToBeFreed(name), { rank }));
  if (!domain.usable) return Promise.reject(errors.located(errors.freed('free', name), { rank }));
  const freed = end(parts, agree);
  domain.member.departing(freed, false);
  return freed;
}

/**
 * What the end of a block does: it can't be used any more from here on, and is freed in the background. That begins when the program has
 * come to rest: if the block ended by an error that nobody catches, it is this error that the other ranks hear of, not a call of `free`.
 */
export function leaveDomains(parts: Parts, agree: Agree): void {
  const [domain] = parts;
  if (domain.permanent || !domain.usable) return;
  for (const part of parts) part.leave();
  const freed = atRest(domain.engine).then(() => end(parts, agree));
  domain.member.departing(freed, true);
  // What goes wrong with it goes wrong on the other ranks too, where somebody waits.
  freed.catch(() => {});
}

async function end(parts: Parts, agree: Agree): Promise<void> {
  const [domain] = parts;
  const dispose = () => {
    for (const part of parts) part.dispose();
  };
  // The ranks cannot agree on anything any more: each one ends it for itself.
  if (domain.broken) return dispose();
  const agreed = agree();
  try {
    const totals = await agreed;
    await Promise.all(parts.map((part, index) => part.arrived(totals[index] as number)));
  } finally {
    // Neither: the arguments of the call were wrong.
    if (!domain.usable || domain.broken) dispose();
  }
}

async function atRest({ clock, liveness }: Engine): Promise<void> {
  liveness.hold();
  await new Promise<void>((resolve) => clock.soon(resolve));
  liveness.release();
}
