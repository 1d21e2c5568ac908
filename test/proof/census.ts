/** What is left of a rank when its program is over. */
import type { Communicator } from '../../src/comm/communicator.ts';
import type { Domain } from '../../src/comm/domain.ts';

/** The contexts of `world` have numbers below this; they stay. */
const AFTER_WORLD = 4;

const domainOf = (world: Communicator): Domain => (world as unknown as { domain: Domain }).domain;

/** Waits, as leaving a job does, until everything is freed that is on its way. */
export function departed(world: Communicator): Promise<void> {
  return domainOf(world).member.departed();
}

/** What should not be there any more, in words. */
export function leftBehind(world: Communicator): string[] {
  const { engine, member } = domainOf(world);
  const { contexts: _contexts, ...counts } = engine.census();
  const { contexts, buried } = engine as unknown as {
    contexts: Iterable<{ readonly id: number }>;
    buried: ReadonlyMap<number, boolean>;
  };
  const left = Object.entries(counts).filter(([, count]) => count > 0);
  return [
    ...left.map(([what, count]) => `${what}: ${count}`),
    ...Array.from(contexts, ({ id }) => id)
      .filter((id) => id >= AFTER_WORLD)
      .map((id) => `context ${id}`),
    ...[...buried.keys()].map((id) => `the number of context ${id}`),
    ...[...member.domains].filter(({ permanent }) => !permanent).map(({ name }) => `communicator ${name}`),
    ...[...engine.pending()].map((op) => op.describe()),
  ];
}
