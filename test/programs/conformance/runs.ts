/** Stands in for test/helpers/runs.ts: a test's program runs on the first ranks of a real job, on a communicator made for it. */
import { Deferred } from '../../../src/base/deferred.ts';
import { Communicator } from '../../../src/comm/communicator.ts';
import { communicatorId } from '../../../src/comm/context-ids.ts';
import { Domain } from '../../../src/comm/domain.ts';
import { DEFAULT_SETTINGS, type Job, Member } from '../../../src/comm/member.ts';
import * as errors from '../../../src/errors.ts';
import { MpiError } from '../../../src/errors.ts';
import type { Program, Run } from '../../helpers/runs.ts';
import { endpoints, engine, hostOf, meet, world } from './world.ts';

/** A program that has been broken off and still runs after so many milliseconds is left behind. */
const GRACE = 2000;
/** A collective that lasts longer than one to two of these, in milliseconds, asks whether the others are in the same call. */
const INQUIRY_PERIOD = 50;
/** Each test has numbers for so many programs. */
const PROGRAMS = 500;
/** An endpoint that no job has: it names the tests' communicators. */
const NAMER = 2 ** 16 - 1;

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

/** What a communicator asks of its job, without the end of the job. */
class TestJob implements Job {
  readonly restart = 0;
  #inquiry: NodeJS.Timeout | undefined;

  began(domain: Domain): void {
    this.#inquiry ??= setTimeout(() => {
      this.#inquiry = undefined;
      if (domain.inquire()) this.began(domain);
    }, INQUIRY_PERIOD);
  }

  abort(): never {
    throw new Error('this would end the tests, too');
  }
}

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

async function run<T>(size: number, body: Program<T>, options: Parameters<Run>[2] = {}): Promise<T[]> {
  if (size > world.size) throw new TooFewRanks(size);
  const members = endpoints.slice(0, size);
  const number = program++;
  const rank = members.indexOf(world.rank);
  const domain = rank < 0 ? undefined : domainOf(number, members, rank, options);
  const news = await meet<News<unknown>>(
    { program: number, outcome: domain && (await outcomeOf(body, domain)) },
    patience(),
  );
  domain?.end(errors.finalized());
  for (const [other, one] of news.entries()) {
    if (!('program' in one)) throw new Error(`rank ${other} has ended this test`);
    if (one.program !== number) throw new Error(`rank ${other} is in another part of this test`);
  }
  const outcomes = members.map((member) => (news[member] as { outcome: Outcome }).outcome);
  const own = outcomes[rank];
  if (own !== undefined && 'error' in own) throw own.error;
  return outcomes.map((outcome) => {
    if ('error' in outcome) throw new FailedElsewhere(String(outcome.error));
    return outcome.value as T;
  });
}

function domainOf(number: number, members: number[], rank: number, options: NonNullable<Parameters<Run>[2]>): Domain {
  const settings = {
    segmentBytes: options.segmentBytes ?? DEFAULT_SETTINGS.segmentBytes,
    algorithms: new Map(Object.entries(options.algorithms ?? {})),
  };
  const member = new Member({ engine, job: new TestJob(), settings, hosts: hostOf });
  return new Domain({ member, id: communicatorId(NAMER, number, 0), name: 'world', endpoints: members, rank });
}

/** Runs the program here. If it fails, the other ranks' calls fail too: nobody waits for what will not come. */
async function outcomeOf<T>(body: Program<T>, domain: Domain): Promise<Outcome> {
  const broken = (error: MpiError) => domain.fail('this test', error);
  const late = new Deferred<never>();
  let timer = setTimeout(() => {
    const error = new MpiError('ERR_TIMEOUT', `rank ${domain.rank} had not ended after ${limit} ms`);
    broken(error);
    timer = setTimeout(() => late.reject(error), GRACE);
  }, limit);
  try {
    return { value: await Promise.race([body(new Communicator(domain)), late.promise]) };
  } catch (error) {
    broken(error instanceof MpiError ? error : new MpiError('ERR_COMM', String(error)));
    return { error };
  } finally {
    clearTimeout(timer);
  }
}
