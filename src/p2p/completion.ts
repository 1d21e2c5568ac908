/**
 * Completion of several requests (MPI 4.1, section 3.7.5). Requests that were awaited or reported before are inactive and
 * passed over, as are `undefined` entries: the same list can be given again and again until nothing is left.
 */
import * as errors from '../errors.ts';
import { Request } from './request.ts';

/** Requests to wait for, with holes for those that are not there. */
export type RequestList = readonly (Request<unknown> | undefined | null)[];

/** What a request gives. */
export type ValueOf<R> = R extends Request<infer T> ? T : undefined;

/** What a list gives: a tuple of requests a tuple of values, an array an array, as with `Promise.all`. */
export type ValuesOf<L extends RequestList> = { -readonly [K in keyof L]: ValueOf<L[K]> };

export interface Completed<T> {
  index: number;
  value: T;
}

type CompletedOf<L extends RequestList> = Completed<ValueOf<L[number]>>;
type Active = readonly [index: number, request: Request<unknown>];

/** Waits for all: their values in order (`undefined` for inactive entries). Rejects with the first failure. */
export async function waitAll<const L extends RequestList>(requests: L): Promise<ValuesOf<L>> {
  check('waitAll', requests);
  const pending: Request[] = [];
  for (const request of requests) if (request && !request.done) pending.push(request);
  if (pending.length > 0 && !requests.some((request) => request?.failed)) await Request.whenAll(pending);
  requests.find((request) => request?.failed)?.take();
  return requests.map((request) => request?.take()) as ValuesOf<L>;
}

/** Waits for one, and gives its index and value. `undefined`: no request is active. */
export async function waitAny<L extends RequestList>(requests: L): Promise<CompletedOf<L> | undefined> {
  check('waitAny', requests);
  const active = activeIn(requests);
  if (active.length === 0) return undefined;
  if (!active.some(([, request]) => request.done)) await Request.whenAny(active.map(([, request]) => request));
  return take<L>(active, 1)[0];
}

/** Waits for at least one, and gives all that have ended. `undefined`: no request is active. */
export async function waitSome<L extends RequestList>(requests: L): Promise<CompletedOf<L>[] | undefined> {
  check('waitSome', requests);
  const active = activeIn(requests);
  if (active.length === 0) return undefined;
  if (!active.some(([, request]) => request.done)) await Request.whenAny(active.map(([, request]) => request));
  return take<L>(active);
}

/** The values of all if all have ended (`undefined` for inactive entries), else `undefined`. Never waits. */
export function testAll<const L extends RequestList>(requests: L): ValuesOf<L> | undefined {
  check('testAll', requests);
  if (requests.some((request) => request && !request.done)) return undefined;
  return requests.map((request) => request?.take()) as ValuesOf<L>;
}

/** One that has ended; `null` if none has yet, `undefined` if no request is active. Never waits. */
export function testAny<L extends RequestList>(requests: L): CompletedOf<L> | null | undefined {
  check('testAny', requests);
  const active = activeIn(requests);
  if (active.length === 0) return undefined;
  return take<L>(active, 1)[0] ?? null;
}

/** All that have ended: an empty list if none has yet, `undefined` if no request is active. Never waits. */
export function testSome<L extends RequestList>(requests: L): CompletedOf<L>[] | undefined {
  check('testSome', requests);
  const active = activeIn(requests);
  return active.length === 0 ? undefined : take<L>(active);
}

function check(call: string, requests: unknown): void {
  const fits = Array.isArray(requests) && requests.every((r) => r === undefined || r === null || r instanceof Request);
  if (!fits) throw errors.badRequests(call, requests);
}

function activeIn(requests: RequestList): Active[] {
  const active: Active[] = [];
  for (const [index, request] of requests.entries()) if (request?.active) active.push([index, request]);
  return active;
}

/**
 * Those that have ended, at most `limit`, made inactive. Throws the error of one that has failed, and makes only that one
 * inactive: what the others have brought is given by the next call.
 */
function take<L extends RequestList>(active: readonly Active[], limit = Number.POSITIVE_INFINITY): CompletedOf<L>[] {
  const ended = active.filter(([, request]) => request.done).slice(0, limit);
  ended.find(([, request]) => request.failed)?.[1].take();
  return ended.map(([index, request]) => ({ index, value: request.take() as ValueOf<L[number]> }));
}
