/** How many messages a second half of the ranks send to the other half: rank r a window of them to rank r + n / 2, which answers. */
import { world } from 'tsmpi';
import { meanOverRanks, measureRounds, report } from '../lib/measure.ts';
import { pairRounds } from '../lib/pairs.ts';
import { settings } from '../lib/settings.ts';

const WINDOW = 64;
const pairs = world.size / 2;
if (!Number.isInteger(pairs)) throw new Error(`multi-pair needs an even number of ranks, not ${world.size}`);

for (const bytes of settings.sizes) {
  const times = await meanOverRanks(await measureRounds(pairRounds(bytes, WINDOW, pairs)));
  report({ bench: 'multi-pair', bytes, variant: `window ${WINDOW}` }, times, { messages: WINDOW * pairs });
}
