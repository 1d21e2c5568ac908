/** What a rank waits for just now, for reports. */
import type { PendingCall } from '../contract/control.ts';
import type { Engine } from '../matching/engine.ts';
import { locate } from '../p2p/wait.ts';

/** The calls that wait, each once. */
export function pendingCalls(engine: Engine): PendingCall[] {
  const calls = new Set<string>();
  for (const op of engine.pending()) calls.add(op.report());
  return [...calls].map((call) => ({ call, stack: undefined }));
}

/** The same, with the place in the program where each one is awaited. */
export async function locatedCalls(engine: Engine): Promise<PendingCall[]> {
  const calls = new Map<string, PendingCall>();
  for (const op of [...engine.pending()]) {
    const call = op.report();
    const entry = calls.get(call) ?? { call, stack: undefined };
    calls.set(call, entry);
    locate(op, (stack) => {
      entry.stack ??= stack.slice(stack.indexOf('\n') + 1);
    });
  }
  // Those who wait answer when they are resumed, in the next microtasks.
  await new Promise((resolve) => setImmediate(resolve));
  return [...calls.values()];
}
