/** What a rank waits for just now, for reports. */
import type { PendingCall } from '../contract/control.ts';
import type { Engine } from '../matching/engine.ts';
import type { Work } from '../matching/operation.ts';
import { locate } from '../p2p/wait.ts';

/** The calls that wait, each once. */
export function pendingCalls(engine: Engine): PendingCall[] {
  const calls = new Set<string>();
  for (const op of engine.pending()) calls.add(op.report());
  return [...calls].map((call) => ({ call, stack: undefined }));
}

/** The same, with the place in the program where each one is awaited. */
export async function locatedCalls(engine: Engine): Promise<PendingCall[]> {
  const calls = new Map<string, { call: string; place: { stack: string | undefined } }>();
  const places = new Map<Work | null, { stack: string | undefined }>([[null, { stack: undefined }]]);
  for (const op of [...engine.pending()]) {
    const { awaited } = op;
    const place = places.get(awaited) ?? { stack: undefined };
    calls.set(op.report(), { call: op.report(), place });
    if (awaited === null || places.has(awaited)) continue;
    places.set(awaited, place);
    locate(awaited, (stack) => {
      place.stack = stack.slice(stack.indexOf('\n') + 1);
    });
  }
  // Those who wait answer when they are resumed, in the next microtasks.
  await new Promise((resolve) => setImmediate(resolve));
  return [...calls.values()].map(({ call, place }) => ({ call, stack: place.stack }));
}
