/** Waits that are started before they are awaited. */
import type { Wait } from './channel.ts';

function ignore(): void {}

/** Marks a wait that is awaited later: should something else fail first, its own failure is no news to anybody. */
export function guarded(wait: Wait): Wait {
  wait?.catch(ignore);
  return wait;
}

/** One wait for all of them; the first failure fails it. */
export function all(waits: readonly Wait[]): Wait {
  const open = waits.filter((wait) => wait !== undefined);
  if (open.length === 0) return undefined;
  return guarded(Promise.all(open).then(ignore));
}
