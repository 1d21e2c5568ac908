/**
 * The bench: starts `tsrun` jobs of bench/programs, beside other systems if asked to, prints a table for each bench and writes
 * all results as JSON.
 *
 *     npm run bench -- --quick
 *     npm run bench -- --only latency,allreduce --transport tcp --compare bench/results/before.json
 *     npm run bench -- --peers --markdown README.md --plots docs/bench
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endCommands } from './lib/command.ts';
import { describeMachine, machineLine } from './lib/machine.ts';
import { keyOf, type Result } from './lib/result.ts';
import { BENCHES, type Choices, DEFAULT_BENCHES, jobsOf, leftOutLine, measureJob, refusalOf } from './lib/suite.ts';
import { alternate, type System } from './lib/system.ts';
import { resultTable } from './lib/table.ts';
import { type Options, parseOptions } from './options.ts';
import { findPeers } from './peers/find.ts';
import { writeMarkdown } from './report/markdown.ts';
import { writePlots } from './report/plot/plots.ts';
import { regressions, regressionTable } from './report/regressions.ts';
import { type Run, readRun } from './report/run.ts';
import { figureTables, goalTable, ratioTables, textTable } from './report/tables.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));
const options = await parseOptions(process.argv.slice(2));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    endCommands();
    process.exit(128 + constants.signals[signal]);
  });
}
const older = options.compare === undefined ? undefined : await readRun(options.compare);
const run = options.from === undefined ? await measureAll(options) : await readRun(options.from);
if (options.from !== undefined) {
  console.log(machineLine(run.machine));
  for (const table of figureTables(run)) console.log(`\n${textTable(table)}`);
}

for (const table of [...ratioTables(run), goalTable(run)])
  if (table.rows.length > 0) console.log(`\n${textTable(table)}`);
if (older !== undefined) {
  const worse = regressions(older.results, run.results, options.threshold);
  console.log(`\n${textTable(regressionTable(worse, options.threshold))}`);
  if (worse.length > 0 && options.failOnRegression) process.exitCode = 1;
}
if (options.markdown !== undefined) await writeMarkdown(run, options.markdown);
if (options.plots !== undefined) await writePlots(run, options.plots);

async function measureAll({ only, quick, ranks, sizes, repeats, ...options }: Options): Promise<Run> {
  const startedAt = new Date().toISOString();
  const machine = describeMachine(repository);
  console.log(machineLine(machine));
  const peers = options.peers === undefined ? undefined : await findPeers(options.peers);
  for (const line of peers?.absent ?? []) console.error(line);

  const named = options.transport ?? ['tcp', 'unix', 'shm'];
  const working = await workingTransports(named, options.transport !== undefined);
  const tsmpi: System = {
    name: 'tsmpi',
    title: 'tsmpi',
    measures: ({ transport }) => working.includes(transport),
    measure: measureJob,
  };
  const systems = [tsmpi, ...(peers?.systems ?? [])];
  const titles = Object.fromEntries(systems.map(({ name, title }) => [name, title]));
  const choices: Choices = {
    transports: peers === undefined ? working : named,
    ranks,
    sizes,
    seconds: options.seconds ?? (quick ? 0.1 : 1),
    quick,
  };
  const failed = (error: Error) => {
    // The others may still be worth having; that one failed is not forgotten.
    process.exitCode = 1;
    console.error(`\n${error.message}`);
  };
  const baseline = older && new Map(older.results.map((result) => [keyOf(result), result]));
  const results: Result[] = [];
  for (const name of only ?? DEFAULT_BENCHES) {
    const mine: Result[] = [];
    const jobs = jobsOf(name, choices);
    for (const job of jobs) {
      const turns = { repeats: repeats ?? (peers === undefined ? 1 : 3), quick, failed };
      mine.push(...(await alternate(systems, job, turns)));
    }
    if (mine.length > 0) {
      const side = figureTables({ results: mine, systems: titles }).map(textTable).join('\n\n');
      console.log(`\n${BENCHES[name]!.title}\n${peers === undefined ? resultTable(mine, baseline) : side}`);
    }
    for (const line of new Set(jobs.map(leftOutLine))) if (line !== '') console.log(line);
    results.push(...mine);
  }

  const run: Run = { startedAt, machine, options: process.argv.slice(2), systems: titles, results };
  const name = options.json ?? `${repository}bench/results/${startedAt.replaceAll(':', '-').slice(0, 19)}.json`;
  const file = resolve(name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(run, null, 1)}\n`);
  console.log(`\nwrote ${file}`);
  return run;
}

/** One that was named and does not work is a failure; the others are measured all the same. */
async function workingTransports(wanted: readonly string[], named: boolean): Promise<string[]> {
  const working: string[] = [];
  for (const transport of wanted) {
    const refusal = await refusalOf(transport);
    if (refusal === undefined) {
      working.push(transport);
    } else {
      console.error(`${transport} is left out: ${refusal}`);
      if (named) process.exitCode = 1;
    }
  }
  return working;
}
