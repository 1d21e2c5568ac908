/** How many short messages a second go from rank 0 to rank 1: each its own array, a window of them for each short answer. */
import { measureRounds, report } from '../lib/measure.ts';
import { pairRounds } from '../lib/pairs.ts';
import { settings } from '../lib/settings.ts';

const WINDOWS = [64, 1024];

for (const bytes of settings.sizes) {
  for (const window of WINDOWS) {
    const times = await measureRounds(pairRounds(bytes, window, 1));
    report({ bench: 'message-rate', bytes, variant: `window ${window}` }, times, { messages: window });
  }
}
