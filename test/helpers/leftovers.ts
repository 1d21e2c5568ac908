/** What is left of communicators that have been freed. */
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { Communicator } from '../../src/comm/communicator.ts';
import { domainOf } from './inside.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** What one rank has open, now that it has used every part of `comm`. */
export async function contextsOf(comm: Communicator): Promise<number> {
  await (await comm.createGroup(comm.group)).free();
  return domainOf(comm).engine.census().contexts;
}

/**
 * The end of a program: nothing but so many contexts is left open, at the latest when everything has come that was under way. What is in
 * those that stay is not counted: other ranks may be in whatever comes next.
 */
export async function leaves(comm: Communicator, contexts: number): Promise<void> {
  await comm.barrier();
  const left = () => {
    const { unexpected: _, transfers: __, ...counts } = domainOf(comm).engine.census();
    return counts;
  };
  const none = { contexts, early: 0, posted: 0, probes: 0 };
  const deadline = performance.now() + 5000;
  while (!isDeepStrictEqual(left(), none) && performance.now() < deadline) await turn();
  expect(left()).toEqual(none);
}
