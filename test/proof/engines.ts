/** The engines behind a run in this process: a proof looks whether anything is left in them. */
import { Engine } from '../../src/matching/engine.ts';

/** What a proof sees of an engine. */
export interface Seen {
  /** What should not be there when everything is over, in words. */
  left(): string[];
}

type Open = Engine['open'];

/** Runs `start`, and gives the engines that it made before it first waited, in the order of their endpoints. */
export async function withEngines<T>(start: () => Promise<T>): Promise<[T, Seen[]]> {
  const engines = new Set<Engine>();
  const { open } = Engine.prototype;
  Engine.prototype.open = function (this: Engine, ...args: Parameters<Open>): ReturnType<Open> {
    engines.add(this);
    return open.apply(this, args);
  };
  let running: Promise<T>;
  try {
    running = start();
  } finally {
    Engine.prototype.open = open;
  }
  const result = await running;
  return [result, [...engines].map((engine) => ({ left: () => leftIn(engine) }))];
}

/** A communicator has two contexts. */
const OF_WORLD = 2;

function leftIn(engine: Engine): string[] {
  const { contexts, early } = engine as unknown as {
    contexts: ReadonlyMap<number, { posted: Iterable<unknown>; unexpected: { size: number }; probes: Set<unknown> }>;
    early: ReadonlyMap<number, readonly unknown[]>;
  };
  const left = [...engine.pending()].map((op) => op.describe());
  for (const { unexpected } of contexts.values()) if (unexpected.size > 0) left.push(`${unexpected.size} messages`);
  if (early.size > 0) left.push(`early frames of ${early.size} contexts`);
  if (contexts.size !== OF_WORLD) left.push(`${contexts.size - OF_WORLD} contexts`);
  return left;
}
