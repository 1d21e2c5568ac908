/** `npm run proof`: a great many random programs, for the night. */
import { parseArgs } from 'node:util';
import { LARGE, prove, SMALL } from './prove.ts';

const { values } = parseArgs({ options: { runs: { type: 'string' }, large: { type: 'boolean', default: false } } });
const runs = Number(values.runs ?? process.env.PROOF_RUNS ?? 10_000);
const seed = process.env.PROOF_SEED ?? String(Date.now() % 1_000_000_000);
const began = performance.now();

const { failure, runs: done } = await prove({
  runs,
  seed,
  size: values.large ? LARGE : SMALL,
  onBatch(count, nextSeed) {
    const seconds = (performance.now() - began) / 1000;
    console.log(`${count} programs, ${(count / seconds).toFixed(0)}/s; next seed ${nextSeed}`);
  },
});
if (failure !== undefined) {
  console.error(failure.report);
  process.exitCode = 1;
} else console.log(`${done} programs from seed ${seed}: all right`);
