/** What the collectives between two groups work with (MPI 4.1, section 6.2.3). */
import type { CallChannel } from '../channel.ts';
import type { CollectiveContext, Fingerprint } from '../context.ts';
import { openCall } from '../fingerprint.ts';
import type { CollectiveName } from '../registry.ts';

export interface InterContext {
  /** The ranks of our group, among themselves. */
  readonly local: CollectiveContext;
  /** Its ranks are those of the other group; our own is the one that we have in ours. */
  readonly bridge: CollectiveContext;
  /** The groups are told apart by all ranks alike: whether ours is the first. */
  readonly first: boolean;
}

/** One call, among us and across. */
export interface Channels {
  readonly local: CallChannel;
  readonly bridge: CallChannel;
}

type Known = Partial<Omit<Fingerprint, 'collective'>>;

/**
 * Begins a call, before anything is awaited: it takes a number on both sides, also where one of them is not needed. It is over when its
 * part on the bridge is closed.
 *
 * @param known what the ranks of both groups must agree on.
 * @param ours what those of our group must agree on beside it.
 */
export function openBoth({ bridge, local }: InterContext, name: CollectiveName, known: Known, ours?: Known): Channels {
  return { bridge: openCall(bridge, name, known), local: openCall(local, name, { ...known, ...ours }) };
}
