/**
 * Completion of several requests (MPI 4.1, section 3.7.5). Requests that were awaited or reported before are inactive and
 * passed over, as are `undefined` entries: the same list can be given again and again until nothing is left.
 */
import * as errors from '../errors.ts';
import { Request } from './request.ts';

/** Requests to wait for, with holes for those that are not there. */
export type RequestList<T = unknown> = readonly (Request<T> | undefined | null)[];

export interface Completed<T> {
  index: number;
  value: T;
}

/** Waits for all: their values in order (`undefined` for inactive entries). Rejects with the first failure. */
export async function waitAll<T = unknown>(requests: RequestList<T>): Promise<T[]> {
  check('waitAll', requests);
  return (await Promise.all(requests)) as T[];
}

/** Waits for one, and gives its index and value. `undefined`: no request is active. */
export async function waitAny<T = unknown>(requests: RequestList<T>): Promise<Completed<T> | undefined> {
  check('waitAny', requests);
  const active = activeIn(requests);
  if (active.length === 0) return undefined;
  if (!active.some(([, request]) => request.done)) await Request.whenAny(active.map(([, request]) => request));
  return take(active, 1)[0];
}

/** Waits for at least one, and gives all that have ended. `undefined`: no request is active. */
export async function waitSome<T = unknown>(requests: RequestList<T>): Promise<Completed<T>[] | undefined> {
  check('waitSome', requests);
  const active = activeIn(requests);
  if (active.length === 0) return undefined;
  if (!active.some(([, request]) => request.done)) await Request.whenAny(active.map(([, request]) => request));
  return take(active);
}

/** The values of all if all have ended (`undefined` for inactive entries), else `undefined`. Never waits. */
export function testAll<T = unknown>(requests: RequestList<T>): T[] | undefined {
  check('testAll', requests);
  if (requests.some((request) => request && !request.done)) return undefined;
  return requests.map((request) => request?.take()) as T[];
}

/** One that has ended; `null` if none has yet, `undefined` if no request is active. Never waits. */
export function testAny<T = unknown>(requests: RequestList<T>): Completed<T> | null | undefined {
  check('testAny', requests);
  const active = activeIn(requests);
  if (active.length === 0) return undefined;
  return take(active, 1)[0] ?? null;
}

/** All that have ended: an empty list if none has yet, `undefined` if no request is active. Never waits. */
export function testSome<T = unknown>(requests: RequestList<T>): Completed<T>[] | undefined {
  check('testSome', requests);
  const active = activeIn(requests);
  return active.length === 0 ? undefined : take(active);
}

function check(call: string, requests: unknown): void {
  const fits = Array.isArray(requests) && requests.every((r) => r === undefined || r === null || r instanceof Request);
  if (!fits) throw errors.badRequests(call, requests);
}

function activeIn<T>(requests: RequestList<T>): [index: number, request: Request<T>][] {
  const active: [number, Request<T>][] = [];
  for (const [index, request] of requests.entries()) if (request?.active) active.push([index, request]);
  return active;
}

/** Those that have ended, at most `limit`, made inactive. Throws the error of one that has failed. */
function take<T>(active: readonly [number, Request<T>][], limit = Number.POSITIVE_INFINITY): Completed<T>[] {
  const ended = active.filter(([, request]) => request.done).slice(0, limit);
  return ended.map(([index, request]) => ({ index, value: request.take() }));
}
