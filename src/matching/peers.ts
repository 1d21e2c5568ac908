/** What the engine knows of each other endpoint: whether it is there, and who owes whom credit. */
import type { MpiError } from '../errors.ts';
import type { EngineLanding } from './landing.ts';

/** here → left (said good-bye) | failed. */
export const PeerState = { HERE: 0, LEFT: 1, FAILED: 2 } as const;
export type PeerState = (typeof PeerState)[keyof typeof PeerState];

export class Peer {
  state: PeerState = PeerState.HERE;
  /** Why operations with it fail: set with `failed`. */
  error: MpiError | null = null;
  /** Eager bytes sent to it that it has not consumed yet, each message with {@link MESSAGE_COST}. */
  outstanding = 0;
  /** Eager bytes received from it and not given back yet, consumed or not. */
  kept = 0;
  /** Those of them that were consumed. */
  owed = 0;
  /** The payload that comes in from it just now: at most one, as a link carries one frame after the other. */
  landing: EngineLanding | null = null;
}

/** What an unexpected message costs the receiver beside its payload, in bytes: header, envelope and queue entry. */
export const MESSAGE_COST = 512;

/** All endpoints share this much memory for unexpected messages at one receiver … */
const TOTAL_CREDIT = 64 * 2 ** 20;
/** … but each gets at least and at most this much. */
const MIN_CREDIT = 128 * 1024;
const MAX_CREDIT = 2 ** 20;

/** Eager bytes that one endpoint may have on its way to another; the same on both sides, as both know the size of the job. */
export function creditFor(endpoints: number): number {
  return Math.max(MIN_CREDIT, Math.min(MAX_CREDIT, Math.floor(TOTAL_CREDIT / endpoints)));
}
