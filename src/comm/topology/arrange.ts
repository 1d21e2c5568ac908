/**
 * Which rank takes which place of a topology when it may be chosen (`reorder`): neighbours on the same host where it can be. Every
 * rank computes the same answer from the same facts, without a message.
 */
import { PROC_NULL } from '../../matching/envelope.ts';
import { blocksOf } from './blocks.ts';
import type { Grid } from './grid.ts';
import { type Edge, grow } from './growth.ts';

export type { Edge } from './growth.ts';

/**
 * Blocks of the grid for the hosts where blocks fit; else what {@link arrangeGraph} finds.
 *
 * @param hosts The host of each rank; as many as the grid has places take part.
 * @returns Which rank takes each place. No more pairs of neighbours are on different hosts than if each rank took its own.
 */
export function arrangeGrid(grid: Grid, hosts: readonly string[]): number[] {
  const taking = hosts.slice(0, grid.size);
  const edges = taking.map((_, place) => edgesOf(grid, place));
  return best(edges, taking, (ranks) => {
    const blocks = blocksOf(grid, ranks);
    return blocks === undefined ? parts(edges, ranks) : [blocks];
  });
}

/**
 * @param edges To whom each node sends, and how much.
 * @param hosts The host of each rank; as many as there are nodes.
 * @returns Which rank takes each node. No more weight is between different hosts than if each rank took its own.
 */
export function arrangeGraph(edges: readonly (readonly Edge[])[], hosts: readonly string[]): number[] {
  return best(edges, hosts, (ranks) => parts(edges, ranks));
}

/** Each pair of neighbours once: where the message to the neighbour after goes, in every dimension. */
function edgesOf(grid: Grid, place: number): Edge[] {
  const after = grid.neighborsOf(place).destinations.filter((node, index) => index % 2 === 1 && node !== PROC_NULL);
  return after.map((node) => ({ node, weight: 1 }));
}

/** One host after the other along the places as they are numbered, which for long rows can be best, and parts that grow. */
function parts(edges: readonly (readonly Edge[])[], ranks: readonly (readonly number[])[]): number[][] {
  return [ranks.flat(), grow(edges, ranks, 'rim'), grow(edges, ranks, 'core')];
}

/** The first with the least weight between hosts, beginning with each rank at its own place. */
function best(
  edges: readonly (readonly Edge[])[],
  hosts: readonly string[],
  others: (ranksOfHosts: readonly (readonly number[])[]) => number[][],
): number[] {
  let taken = [...hosts.keys()];
  let least = weightBetween(edges, hosts, taken);
  if (least === 0) return taken;
  for (const other of others(ranksOfHosts(hosts))) {
    const weight = weightBetween(edges, hosts, other);
    if (weight < least) [taken, least] = [other, weight];
  }
  return taken;
}

function weightBetween(
  edges: readonly (readonly Edge[])[],
  hosts: readonly string[],
  taken: readonly number[],
): number {
  let sum = 0;
  for (const [from, destinations] of edges.entries())
    for (const { node, weight } of destinations) if (hosts[taken[from]!] !== hosts[taken[node]!]) sum += weight;
  return sum;
}

/** The ranks of each host, hosts in the order of their first ranks. */
function ranksOfHosts(hosts: readonly string[]): number[][] {
  const ranks = new Map<string, number[]>();
  for (const [rank, host] of hosts.entries()) {
    const list = ranks.get(host);
    if (list === undefined) ranks.set(host, [rank]);
    else list.push(rank);
  }
  return [...ranks.values()];
}
