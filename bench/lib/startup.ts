/** Start-up is measured from outside: what matters is how long the command takes. */
import type { Outcome } from './command.ts';
import type { Measurement } from './result.ts';
import { statistics } from './stats.ts';

const REPEATS = 5;

/** In a hurry one run; else the first only warms the disk cache and is not counted. */
export async function measureStartup(run: () => Promise<Outcome>, quick: boolean): Promise<Measurement> {
  if (!quick) await run();
  const times = new Float64Array(quick ? 1 : REPEATS);
  for (let i = 0; i < times.length; i++) times[i] = (await run()).elapsed * 1000;
  return { bench: 'startup', ...statistics(times) };
}
