/** Freeing a communicator: until nothing of it is under way, so that nothing of it remains. */
import * as errors from '../errors.ts';
import type { Domain } from './domain.ts';

/**
 * @param agree - begins the collective in which every rank learns how many messages it was sent. After it nobody sends any more, so
 *   when as many have come the communicator's numbers can be forgotten.
 */
export async function freeDomain(domain: Domain, agree: () => Promise<number>): Promise<void> {
  const { rank, name } = domain;
  if (domain.permanent) throw errors.located(errors.notToBeFreed(name), { rank });
  if (!domain.usable) throw errors.located(errors.freed('free', name), { rank });
  // The ranks cannot agree on anything any more: each one ends it for itself.
  if (domain.broken) return domain.dispose();
  const agreed = agree();
  try {
    await domain.arrived(await agreed);
  } finally {
    if (!domain.usable) domain.dispose();
  }
}
