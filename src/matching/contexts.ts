/** The open contexts of a process, by number. */
import type { Context } from './context.ts';

export class Contexts {
  private readonly byId = new Map<number, Context>();
  /** Asked for last: mostly the next message goes there, too. */
  private latest: Context | undefined;

  /** HOT (bench: latency, rate). */
  get(id: number): Context | undefined {
    if (this.latest?.id === id) return this.latest;
    return (this.latest = this.byId.get(id));
  }

  add(context: Context): void {
    this.byId.set(context.id, context);
  }

  remove(context: Context): void {
    this.byId.delete(context.id);
    if (this.latest === context) this.latest = undefined;
  }

  [Symbol.iterator](): Iterator<Context> {
    return this.byId.values();
  }

  /** How many there are, and what waits in them, for tests of what is left. */
  census(): Record<'contexts' | 'posted' | 'probes' | 'unexpected', number> {
    const contexts = [...this];
    const sum = (of: (context: Context) => Iterable<unknown>) =>
      contexts.reduce((total, context) => total + [...of(context)].length, 0);
    return {
      contexts: contexts.length,
      posted: sum(({ posted }) => posted),
      probes: sum(({ probes }) => probes),
      unexpected: sum(({ unexpected }) => unexpected),
    };
  }
}
