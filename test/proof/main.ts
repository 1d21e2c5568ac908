/** `npm run proof`: a great many random programs, for the night. */
import yargs from 'yargs';
import { LARGE, prove, SMALL } from './prove.ts';

const { runs, large } = await yargs(process.argv.slice(2))
  .scriptName('npm run proof --')
  .usage('$0 [options]\n\nRandom programs against a sequential reference: test/README.md. PROOF_SEED=17 repeats a run.')
  .option('runs', { type: 'number', default: Number(process.env.PROOF_RUNS ?? 10_000), describe: 'how many programs' })
  .option('large', { type: 'boolean', default: false, describe: 'on five to nine ranks instead of one to four' })
  .version(false)
  .strict()
  .check(({ runs }) => {
    if (Number.isSafeInteger(runs) && runs >= 1) return true;
    throw new Error('--runs (or PROOF_RUNS) takes a whole number, 1 or more');
  })
  .parseAsync();
const seed = process.env.PROOF_SEED ?? String(Date.now() % 1_000_000_000);
const began = performance.now();

const { failure, runs: done } = await prove({
  runs,
  seed,
  size: large ? LARGE : SMALL,
  onBatch(count, nextSeed) {
    const seconds = (performance.now() - began) / 1000;
    console.log(`${count} programs, ${(count / seconds).toFixed(0)}/s; next seed ${nextSeed}`);
  },
});
if (failure !== undefined) {
  console.error(failure.report);
  process.exitCode = 1;
} else console.log(`${done} programs from seed ${seed}: all right`);
