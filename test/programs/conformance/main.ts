/** Runs the tests that were added, on all ranks together, one after the other; rank 0 says how they went. */
import { stripVTControlCharacters } from 'node:util';
import { beginTest, endTest, FailedElsewhere, TooFewRanks } from './runs.ts';
import { type Test, tests } from './vitest.ts';
import { finalize, hosts, ranks, world } from './world.ts';

/** What can't be asked of a real job. */
const NOT_HERE: Readonly<Record<string, string>> = {
  'ranks that are gone > fail the calls that need them: ERR_PROC_FAILED with the peer and its error':
    'a rank that fails ends the job, and the tests with it',
  'ranks that are gone > in a deadlock are told with what they wait for: ERR_DEADLOCK':
    'a job that deadlocks is ended by its time limit, and the tests with it',
};

/** What one rank says of a test. */
interface Report {
  readonly skipped?: string;
  readonly failures: readonly string[];
}

const rejections: unknown[] = [];
process.on('unhandledRejection', (reason) => rejections.push(reason));

export async function runTests(): Promise<void> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const lines = [`ranks on ${hosts.join(' ')}`];
  for (const [index, test] of tests.entries()) {
    beginTest(index, test.timeout);
    const reports = await endTest(await reportOf(test));
    const failures = reports.flatMap((report) => report.failures);
    const skipped = reports.find((report) => report.skipped !== undefined)?.skipped;
    if (failures.length > 0) {
      counts.failed++;
      lines.push(`FAILED ${test.name}`, ...failures.map((failure) => failure.replace(/^/gm, '  ')));
    } else if (skipped !== undefined) {
      counts.skipped++;
      lines.push(`SKIPPED ${test.name}: ${skipped}`);
    } else counts.passed++;
  }
  await finalize();
  if (world.rank > 0) return;
  const { passed, failed, skipped } = counts;
  console.log(`${lines.join('\n')}\n${passed} passed, ${failed} failed, ${skipped} skipped`);
  if (failed > 0) process.exitCode = 1;
}

async function reportOf({ name, body }: Test): Promise<Report> {
  const reason = NOT_HERE[name];
  if (reason !== undefined) return { skipped: reason, failures: [] };
  const thrown: unknown[] = [];
  try {
    await body();
  } catch (error) {
    thrown.push(error);
  }
  // What is rejected now is heard of in the next turn.
  await new Promise((resolve) => setImmediate(resolve));
  thrown.push(...rejections.splice(0));
  const tooFew = thrown.find((error) => error instanceof TooFewRanks);
  const failures = thrown.filter((error) => !(error instanceof TooFewRanks || error instanceof FailedElsewhere));
  return { ...(tooFew && { skipped: tooFew.message }), failures: failures.map(textOf) };
}

function textOf(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const there = ranks.indexOf(world.rank);
  const who = there === world.rank ? `rank ${world.rank}` : `rank ${world.rank}, which is rank ${there} in tests`;
  return `${who}: ${stripVTControlCharacters(text)}`;
}
