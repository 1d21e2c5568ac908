/** The algorithms of a collective against each other, and against the one that the selection takes. */
import { invariant } from '../../src/base/invariant.ts';
import type { CollectiveContext } from '../../src/collectives/context.ts';
import { HostMap } from '../../src/collectives/levels/host-map.ts';
import { COSTS, costOf } from '../../src/collectives/model/costs.ts';
import type { Network } from '../../src/collectives/model/link.ts';
import { RecentPlans } from '../../src/collectives/recent.ts';
import { COLLECTIVES, type SelectableName } from '../../src/collectives/registry.ts';
import { choose } from '../../src/collectives/selection.ts';

export interface Prediction {
  readonly algorithm: string;
  readonly seconds: number;
}

/** All algorithms, in the order of the registry. */
export function predictions(name: SelectableName, ranks: number, bytes: number, network: Network): Prediction[] {
  return Object.keys(COSTS[name]).map((algorithm) => {
    return { algorithm, seconds: costOf(name, algorithm, ranks, bytes, network) };
  });
}

export function fastest(name: SelectableName, ranks: number, bytes: number, network: Network): Prediction {
  return predictions(name, ranks, bytes, network).reduce((best, one) => (one.seconds < best.seconds ? one : best));
}

/** What `selection.ts` takes, for a commutative op. */
export function chosen(name: SelectableName, ranks: number, bytes: number): string {
  const never = () => {
    throw new Error('nothing is called');
  };
  const context: CollectiveContext = {
    rank: 0,
    size: ranks,
    segmentBytes: 0,
    algorithms: new Map(),
    // One rank a host: none has levels.
    hosts: new HostMap(['a host']),
    sharesMemory: false,
    recent: new RecentPlans(),
    unshared: 'nothing is called',
    forecast: undefined,
    open: never,
    close: never,
  };
  // Of what travels as a value, the ranks don't know the length alike.
  const traits = SIZED.has(name) ? { bytes } : {};
  const code = choose(context, name, undefined, traits).code;
  const algorithm = Object.entries(COLLECTIVES[name].algorithms).find(([, one]) => one.code === code);
  invariant(algorithm !== undefined, 'an algorithm that is not in the registry', name, code);
  return algorithm[0];
}

const SIZED: ReadonlySet<SelectableName> = new Set<SelectableName>([
  'bcast',
  'reduce',
  'allreduce',
  'scan',
  'exscan',
  'reduceScatter',
  'reduceScatterBlock',
]);

/** How much longer than the best the chosen one takes: 0.1 is 10 %. */
export function excess(name: SelectableName, ranks: number, bytes: number, network: Network): number {
  const mine = costOf(name, chosen(name, ranks, bytes), ranks, bytes, network);
  return ranks === 1 ? 0 : mine / fastest(name, ranks, bytes, network).seconds - 1;
}
