/** Stands in for test/helpers/runs.ts: a test's program runs on the first ranks of a real job, on a communicator made for it. */
import { Deferred } from '../../../src/base/deferred.ts';
import type { Domain } from '../../../src/comm/domain.ts';
import type { Group } from '../../../src/comm/group.ts';
import * as errors from '../../../src/errors.ts';
import { MpiError } from '../../../src/errors.ts';
import { domainOf } from '../../helpers/inside.ts';
import type { Program, Run } from '../../helpers/runs.ts';
import { meet, ranks, world } from './world.ts';

/** A program that has been broken off and still runs after so many milliseconds is left behind. */
const GRACE = 2000;
/** Each test has numbers for so many programs. */
const PROGRAMS = 500;

type Options = NonNullable<Parameters<Run>[2]>;
type Outcome = { readonly value: unknown } | { readonly error: unknown };
/** What ranks tell each other where they meet: how a program went, or that the test has ended. */
type News<R> = { readonly program: number; readonly outcome: Outcome | undefined } | { readonly report: R };

/** The test needs more ranks than there are. */
export class TooFewRanks extends Error {
  constructor(size: number) {
    super(`needs ${size} ranks`);
  }
}

/** The program failed on another rank, which reports it. */
export class FailedElsewhere extends Error {}

/** The test in progress: the number of its next program, and how many milliseconds each of them has. */
let program = 0;
let limit = 0;

/** Every rank begins the test with the same number. */
export function beginTest(index: number, timeout: number): void {
  program = index * PROGRAMS;
  limit = timeout;
}

/** Waits until every rank has ended the test, and gives what each one reports. */
export async function endTest<R>(report: R): Promise<R[]> {
  for (;;) {
    const news = await meet<News<R>>({ report }, patience());
    const reports = news.flatMap((one) => ('report' in one ? [one.report] : []));
    if (reports.length === news.length) return reports;
  }
}

/** How long a rank waits for the others: they may be in a program up to its limit. */
function patience(): number {
  return limit + 10 * GRACE;
}

export const overMemory: Run = run;
export const runs: readonly (readonly [name: string, run: Run])[] = [['sockets of a job', run]];

async function run<T>(size: number, body: Program<T>, options: Options = {}): Promise<T[]> {
  if (size > world.size) throw new TooFewRanks(size);
  const members = ranks.slice(0, size);
  const group = world.group.include(members);
  const number = program++;
  const outcome = group.rank === undefined ? undefined : await outcomeOf(body, group, number, options);
  const told = outcome !== undefined && 'error' in outcome ? { error: String(outcome.error) } : outcome;
  const news = await meet<News<unknown>>({ program: number, outcome: told }, patience());
  for (const domain of openDomains()) {
    domain.end(errors.finalized());
    domain.dispose();
  }
  for (const [other, one] of news.entries()) {
    if (!('program' in one)) throw new Error(`rank ${other} has ended this test`);
    if (one.program !== number) throw new Error(`rank ${other} is in another part of this test`);
  }
  if (outcome !== undefined && 'error' in outcome) throw outcome.error;
  return members.map((member) => {
    const { outcome } = news[member] as { outcome: Outcome };
    if ('error' in outcome) throw new FailedElsewhere(outcome.error as string);
    return outcome.value as T;
  });
}

/** Runs the program here. If it fails, the other ranks' calls fail too: nobody waits for what will not come. */
async function outcomeOf<T>(body: Program<T>, group: Group, number: number, options: Options): Promise<Outcome> {
  const broken = (error: MpiError) => {
    for (const domain of openDomains()) domain.fail('this test', 0, error);
  };
  const late = new Deferred<never>();
  let timer = setTimeout(() => {
    const error = new MpiError('ERR_TIMEOUT', `rank ${group.rank} had not ended after ${limit} ms`);
    broken(error);
    timer = setTimeout(() => late.reject(error), GRACE);
  }, limit);
  try {
    const comm = await world.createGroup(group, number, { timeout: limit });
    comm.setName('world');
    Object.assign(domainOf(comm), options);
    return { value: await Promise.race([body(comm), late.promise]) };
  } catch (error) {
    broken(error instanceof MpiError ? error : new MpiError('ERR_COMM', String(error)));
    return { error };
  } finally {
    clearTimeout(timer);
  }
}

/** The communicators of the test: its own, and those that it has made and not freed. */
function openDomains(): Domain[] {
  return [...domainOf(world).member.domains].filter(({ permanent }) => !permanent);
}
