/** The options of the bench. */
import yargs from 'yargs';
import { parseBytes } from './lib/bytes.ts';
import { BENCHES } from './lib/suite.ts';
import { PEERS } from './peers/peers.ts';

const list = (text: string) => text.split(',').filter((item) => item !== '');
const peerNames = PEERS.map(({ name }) => name);

export type Options = Awaited<ReturnType<typeof parseOptions>>;

/** Prints help, or what is wrong, and ends the process then. */
export function parseOptions(args: readonly string[]) {
  return yargs(args)
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
    .option('peers', {
      type: 'string',
      coerce: list,
      describe: `measures other systems beside tsmpi, in turns: some of ${peerNames.join(',')} [all that are installed]`,
    })
    .option('repeats', { type: 'number', describe: 'runs of each job, of which the medians count [1, with peers: 3]' })
    .option('compare', { type: 'string', describe: 'an older JSON: adds the speed-up of medians, lists what is worse' })
    .option('threshold', { type: 'number', default: 10, describe: 'percent by which worse is listed by --compare' })
    .option('fail-on-regression', {
      type: 'boolean',
      describe: 'exit code 1 if --compare lists anything; only sensible where nothing else runs',
    })
    .option('json', { type: 'string', describe: 'where to write the results [bench/results/<time>.json]' })
    .option('from', { type: 'string', describe: 'measures nothing: takes the results from this JSON' })
    .option('markdown', { type: 'string', describe: 'writes the tables of ratios and figures there' })
    .option('plots', { type: 'string', describe: 'writes SVG plots into this folder' })
    .conflicts('from', ['only', 'transport', 'ranks', 'sizes', 'seconds', 'peers', 'repeats', 'json'])
    .implies('fail-on-regression', 'compare')
    .version(false)
    .strict()
    .check(({ only, seconds, repeats, peers, threshold }) => {
      refuseUnknown('bench', only, Object.keys(BENCHES));
      refuseUnknown('peer', peers, peerNames);
      if (seconds !== undefined && !(seconds > 0)) throw new Error('--seconds must be more than 0');
      if (repeats !== undefined && !(Number.isInteger(repeats) && repeats > 0)) {
        throw new Error('--repeats must be a whole number, 1 or more');
      }
      if (!(threshold >= 0)) throw new Error('--threshold must be a number of percent');
      return true;
    })
    .parseAsync();
}

function refuseUnknown(what: string, given: readonly string[] | undefined, known: readonly string[]): void {
  const unknown = given?.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`there is no ${what} '${unknown}', only ${known.join(', ')}`);
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new RangeError(`'${text}' is no number of ranks`);
  return Number(text);
}
