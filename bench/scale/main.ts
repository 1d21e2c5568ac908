/**
 * What the collectives cost on numbers of ranks that no test machine has: by closed formulas, for every algorithm, beside what the
 * selection takes.
 *
 *     npm run scale
 *     npm run scale -- --collective allreduce --ranks 100,1000 --network 10G
 *     npm run scale -- --simulate
 */
import yargs from 'yargs';
import { SELECTABLE, type SelectableName } from '../../src/collectives/registry.ts';
import { GROUPS } from './groups.ts';
import { NETWORKS } from './networks.ts';
import { checksOf, checkTable, rowsOf, rowTable, sectionsOf, sectionTable } from './report.ts';

const LENGTHS = [8, 4 * 2 ** 10, 64 * 2 ** 10, 2 ** 20, 16 * 2 ** 20];
/** A simulation of more takes too long for all algorithms. */
const MOST_SIMULATED = 64;

const list = (text: string) => text.split(',').filter((item) => item !== '');

const options = await yargs(process.argv.slice(2))
  .scriptName('npm run scale --')
  .usage('$0 [options]\n\nPredicts the time of every collective by each of its algorithms. Method: bench/README.md.')
  .option('ranks', {
    type: 'string',
    coerce: (text: string) => list(text).map(Number),
    describe: `such as 48,1024 [64,1024,4096; with --simulate 8,12,${MOST_SIMULATED}]`,
  })
  .option('collective', { type: 'string', coerce: list, describe: 'some of them, such as bcast,allreduce' })
  .option('network', {
    type: 'string',
    coerce: list,
    default: Object.keys(NETWORKS).join(','),
    describe: `of ${Object.keys(NETWORKS).join(' and ')}: bits a second`,
  })
  .option('json', { type: 'boolean', default: false, describe: 'one JSON document in place of the tables' })
  .option('simulate', {
    type: 'boolean',
    default: false,
    describe: 'compares the formulas with simulated calls instead',
  })
  .version(false)
  .strict()
  .check(({ ranks, collective, network, simulate }) => {
    const most = simulate ? MOST_SIMULATED : 2 ** 20;
    const unknown = collective?.find((name) => !SELECTABLE.includes(name as SelectableName));
    if (unknown !== undefined) throw new Error(`there is no collective '${unknown}', only ${SELECTABLE.join(', ')}`);
    if (collective?.length === 0) throw new Error('--collective takes names, such as bcast,allreduce');
    const strange = network.find((name) => !Object.hasOwn(NETWORKS, name));
    if (strange !== undefined) {
      throw new Error(`there is no network '${strange}', only ${Object.keys(NETWORKS).join(', ')}`);
    }
    const right = (count: number) => Number.isInteger(count) && count >= 2 && count <= most;
    if (ranks !== undefined && !(ranks.length > 0 && ranks.every(right)))
      throw new Error(`--ranks takes whole numbers from 2 to ${most}`);
    return true;
  })
  .parseAsync();

const { simulate, json } = options;
const ranks = options.ranks ?? (simulate ? [8, 12, MOST_SIMULATED] : [64, 1024, 4096]);
const groups = GROUPS.filter(
  ({ names }) => !options.collective || names.some((name) => options.collective?.includes(name)),
);
const places = options.network.flatMap((network) => ranks.map((count) => [network, count] as const));
const documents: object[] = [];

if (!json) {
  for (const name of options.network) {
    const { latency, bandwidth, overhead } = NETWORKS[name]!;
    const processor = `${overhead * 1e6} us of processor a message at each end`;
    console.log(`${name}: latency ${latency * 1e6} us, ${bandwidth / 1e9} GB/s, ${processor}, one rank a host`);
  }
  console.log(
    simulate ? 'Marked: formulas more than 10 % off.' : 'Best: *. Off: how much longer the chosen one takes.',
  );
}
for (const group of groups) {
  const sized = group.bytes !== undefined;
  const title = `\n${group.title}${sized ? `: ${group.bytes}` : ''}\n`;
  if (simulate) {
    const checks = (
      await Promise.all(places.map(([network, count]) => checksOf(group, network, count, LENGTHS)))
    ).flat();
    documents.push({ collectives: group.names, checks });
    if (!json) console.log(title + checkTable(checks, sized));
    continue;
  }
  const rows = places.flatMap(([network, count]) => rowsOf(group, network, count, LENGTHS));
  const sections = places.flatMap(([network, count]) => sectionsOf(group, network, count));
  documents.push({ collectives: group.names, rows, sections });
  if (!json) console.log(`${title}${rowTable(rows, sized)}${sized ? `\n\n${sectionTable(sections)}` : ''}`);
}
if (json) console.log(JSON.stringify({ networks: NETWORKS, results: documents }, null, 1));
