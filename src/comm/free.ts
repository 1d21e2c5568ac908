/** Freeing a communicator: until nothing of it is under way, so that nothing of it remains. */
import * as errors from '../errors.ts';
import type { Domain } from './domain.ts';

/**
 * @param domains - all that the communicator is made of, the one that it is called by first.
 * @param agree - begins the collective in which every rank learns how many messages it was sent in each of them. After it nobody sends
 *   any more, so when as many have come the communicator's numbers can be forgotten.
 */
export async function freeDomains(
  domains: readonly [Domain, ...Domain[]],
  agree: () => Promise<readonly number[]>,
): Promise<void> {
  const [domain] = domains;
  const { rank, name } = domain;
  if (domain.permanent) throw errors.located(errors.notToBeFreed(name), { rank });
  if (!domain.usable) throw errors.located(errors.freed('free', name), { rank });
  const dispose = () => {
    for (const each of domains) each.dispose();
  };
  // The ranks cannot agree on anything any more: each one ends it for itself.
  if (domain.broken) return dispose();
  const agreed = agree();
  try {
    const totals = await agreed;
    await Promise.all(domains.map((each, index) => each.arrived(totals[index] as number)));
  } finally {
    if (!domain.usable) dispose();
  }
}
