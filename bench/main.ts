/**
 * The bench: starts `tsrun` jobs of bench/programs, prints a table for each bench and writes all results as JSON.
 *
 *     npm run bench -- --quick
 *     npm run bench -- --only latency,allreduce --transport tcp --baseline bench/results/before.json
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import yargs from 'yargs';
import { parseBytes } from './lib/bytes.ts';
import { describeMachine, machineLine } from './lib/machine.ts';
import { keyOf, type Result } from './lib/result.ts';
import { BENCHES, type Choices, DEFAULT_BENCHES, jobsOf, leftOutLine, measureJob, refusalOf } from './lib/suite.ts';
import { resultTable } from './lib/table.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));
const list = (text: string) => text.split(',').filter((item) => item !== '');

const options = await yargs(process.argv.slice(2))
  .scriptName('npm run bench --')
  .usage('$0 [options]\n\nMeasures tsmpi on this machine. Method: bench/README.md.')
  .option('only', { type: 'string', coerce: list, describe: `some of ${Object.keys(BENCHES).join(',')}` })
  .option('transport', {
    type: 'string',
    coerce: list,
    describe: 'some of tcp, unix, shm, tls [tcp,unix, and shm where it works]',
  })
  .option('ranks', {
    type: 'string',
    coerce: (text: string) => list(text).map(wholeNumber),
    describe: 'of collectives, multi-pair and start-up',
  })
  .option('sizes', {
    type: 'string',
    coerce: (text: string) => list(text).map(parseBytes),
    describe: 'such as 8,64K,16M',
  })
  .option('seconds', { type: 'number', describe: 'to measure each size for [1, quick: 0.1]' })
  .option('quick', { type: 'boolean', default: false, describe: 'fewer sizes and ranks, two minutes in all' })
  .option('baseline', { type: 'string', describe: 'results to compare with: adds the speed-up of the median' })
  .option('json', { type: 'string', describe: 'where to write the results [bench/results/<time>.json]' })
  .version(false)
  .strict()
  .check(({ only, seconds }) => {
    const unknown = only?.find((name) => !Object.hasOwn(BENCHES, name));
    if (unknown !== undefined)
      throw new Error(`there is no bench '${unknown}', only ${Object.keys(BENCHES).join(', ')}`);
    if (seconds !== undefined && !(seconds > 0)) throw new Error('--seconds must be more than 0');
    return true;
  })
  .parseAsync();

const baseline = options.baseline === undefined ? undefined : await readResults(options.baseline);
const startedAt = new Date().toISOString();
const machine = describeMachine(repository);
console.log(machineLine(machine));

const choices: Choices = {
  transports: await workingTransports(options.transport),
  ranks: options.ranks,
  sizes: options.sizes,
  seconds: options.seconds ?? (options.quick ? 0.1 : 1),
  quick: options.quick,
};
const results: Result[] = [];
for (const name of options.only ?? DEFAULT_BENCHES) {
  const mine: Result[] = [];
  const jobs = jobsOf(name, choices);
  for (const job of jobs) {
    try {
      mine.push(...(await measureJob(job, options.quick)));
    } catch (error) {
      // The others may still be worth having; that one failed is not forgotten.
      process.exitCode = 1;
      console.error(`\n${(error as Error).message}`);
    }
  }
  if (mine.length > 0) console.log(`\n${BENCHES[name]!.title}\n${resultTable(mine, baseline)}`);
  for (const line of new Set(jobs.map(leftOutLine))) if (line !== '') console.log(line);
  results.push(...mine);
}

const file = resolve(options.json ?? `${repository}bench/results/${startedAt.replaceAll(':', '-').slice(0, 19)}.json`);
await mkdir(dirname(file), { recursive: true });
await writeFile(file, `${JSON.stringify({ startedAt, machine, options: process.argv.slice(2), results }, null, 1)}\n`);
console.log(`\nwrote ${file}`);

/** One that was named and does not work is a failure; the others are measured all the same. */
async function workingTransports(named: readonly string[] | undefined): Promise<string[]> {
  const working: string[] = [];
  for (const transport of named ?? ['tcp', 'unix', 'shm']) {
    const refusal = await refusalOf(transport);
    if (refusal === undefined) {
      working.push(transport);
    } else {
      console.error(`${transport} is left out: ${refusal}`);
      if (named !== undefined) process.exitCode = 1;
    }
  }
  return working;
}

async function readResults(path: string): Promise<Map<string, Result>> {
  const { results } = JSON.parse(await readFile(path, 'utf8')) as { results: Result[] };
  return new Map(results.map((result) => [keyOf(result), result]));
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new RangeError(`'${text}' is no number of ranks`);
  return Number(text);
}
