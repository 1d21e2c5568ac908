/** Making communicators whose ranks have neighbours (MPI 4.1, section 8.5): what all must agree on, and which rank takes which place. */
import { digestOf } from '../base/digest.ts';
import { tellAll, tellLists } from '../collectives/formation.ts';
import type { Neighborhood } from '../collectives/neighbors/neighborhood.ts';
import * as errors from '../errors.ts';
import { communicatorId } from './context-ids.ts';
import type { Domain } from './domain.ts';
import { derived, numbered } from './making.ts';
import { arrangeGraph, arrangeGrid, type Edge } from './topology/arrange.ts';
import type { Grid } from './topology/grid.ts';

/** `undefined` on the ranks that have no place in the grid. */
export async function cartesianDomain(domain: Domain, grid: Grid, reorder: boolean): Promise<Domain | undefined> {
  const call = 'createCart';
  if (grid.size > domain.size) throw errors.gridTooLarge(domain.name, grid.dims, grid.size, domain.size);
  if (typeof reorder !== 'boolean') throw errors.badReorder(call, reorder);
  const digest = digestOf([reorder ? 1 : 0, ...grid.dims, ...grid.periods.map(Number)]);
  const { told, number } = await numbered(
    domain,
    tellAll(domain, call, Float64Array.of(domain.member.takeSerial(), digest)),
  );
  for (let rank = 0; rank < told.size; rank++) {
    if (told.at(rank, 1) !== digest) throw errors.gridsDiffer(rank, domain.rank);
  }
  const order = reorder ? arrangeGrid(grid, hostsOf(domain)) : [...Array(grid.size).keys()];
  return placed(domain, `grid of ${domain.name}`, order, told.at(0, 0), number);
}

/** The edges of one rank. */
export interface Adjacency {
  readonly sources: readonly number[];
  readonly destinations: readonly number[];
  /** One for each destination. */
  readonly weights: readonly number[];
}

/** The edges at one place of the graph. */
export interface Edges {
  readonly neighbors: Neighborhood;
  readonly sourceWeights: readonly number[];
  readonly destinationWeights: readonly number[];
}

export async function graphDomain(
  domain: Domain,
  { sources, destinations, weights }: Adjacency,
  reorder: boolean,
): Promise<{ domain: Domain; edges: Edges }> {
  const call = 'createGraph';
  checkNeighbors('sources', sources, domain.size);
  checkNeighbors('destinations', destinations, domain.size);
  checkWeights(weights, destinations.length);
  if (typeof reorder !== 'boolean') throw errors.badReorder(call, reorder);
  const own = [domain.member.takeSerial(), reorder ? 1 : 0, sources.length, ...sources, ...destinations, ...weights];
  const { told, number } = await numbered(domain, tellLists(domain, call, Float64Array.from(own)));
  const nodes = told.map(adjacencyIn);
  const other = told.findIndex((entry) => entry[1] !== own[1]);
  if (other >= 0) throw errors.reorderDiffers(other, domain.rank);
  checkEdges(nodes);
  const edges = nodes.map((node) =>
    node.destinations.map((to, index): Edge => ({ node: to, weight: node.weights[index]! })),
  );
  const order = reorder ? arrangeGraph(edges, hostsOf(domain)) : [...nodes.keys()];
  const made = placed(domain, `graph of ${domain.name}`, order, told[0]?.[0] as number, number) as Domain;
  return { domain: made, edges: edgesAt(made.rank, nodes) };
}

/** The communicator in which rank `order[place]` has rank `place`. */
function placed(
  domain: Domain,
  name: string,
  order: readonly number[],
  serial: number,
  number: number,
): Domain | undefined {
  if (!order.includes(domain.rank)) return undefined;
  const { endpoints } = domain;
  // Rank 0 of the old communicator names the new one, wherever it is now.
  const id = communicatorId(endpoints[0] as number, serial, 0);
  const moved = order.map((old) => endpoints[old] as number);
  return derived(domain, id, name, moved, number);
}

function hostsOf({ endpoints, member }: Domain): string[] {
  return endpoints.map((endpoint) => member.hosts[endpoint] as string);
}

function checkNeighbors(name: string, ranks: unknown, size: number): void {
  if (!Array.isArray(ranks)) throw errors.notNeighbors(name, ranks);
  for (const [index, rank] of ranks.entries()) {
    if (!(Number.isInteger(rank) && rank >= 0 && rank < size)) throw errors.badNeighbor(name, index, rank, size);
  }
}

function checkWeights(weights: unknown, count: number): void {
  const right = (weight: unknown) => Number.isFinite(weight) && (weight as number) >= 0;
  if (!Array.isArray(weights) || weights.length !== count || ![...weights].every(right)) {
    throw errors.badWeights(weights, count);
  }
}

function adjacencyIn(told: Float64Array): Adjacency {
  const indegree = told[2] as number;
  const outdegree = (told.length - 3 - indegree) / 2;
  const from = 3 + indegree;
  return {
    sources: [...told.subarray(3, from)],
    destinations: [...told.subarray(from, from + outdegree)],
    weights: [...told.subarray(from + outdegree)],
  };
}

/** Each edge must stand in both lists, as often: else a rank would wait for what nobody sends. */
function checkEdges(nodes: readonly Adjacency[]): void {
  const balance = new Map<string, number>();
  const add = (from: number, to: number, count: number) => {
    const key = `${from},${to}`;
    balance.set(key, (balance.get(key) ?? 0) + count);
  };
  for (const [rank, { sources, destinations }] of nodes.entries()) {
    for (const to of destinations) add(rank, to, 1);
    for (const from of sources) add(from, rank, -1);
  }
  for (const [key, count] of balance) {
    const [from, to] = key.split(',').map(Number) as [number, number];
    if (count !== 0) throw errors.unmatchedEdge(from, to, count);
  }
}

function edgesAt(place: number, nodes: readonly Adjacency[]): Edges {
  const { sources, destinations, weights } = nodes[place] as Adjacency;
  // The k-th edge from one rank to another is the k-th in both lists.
  const seen = new Map<number, number>();
  const sourceWeights = sources.map((source) => {
    const nth = seen.get(source) ?? 0;
    seen.set(source, nth + 1);
    const theirs = nodes[source] as Adjacency;
    const at = [...theirs.destinations.keys()].filter((index) => theirs.destinations[index] === place)[nth] as number;
    return theirs.weights[at] as number;
  });
  const order = [...destinations.keys()];
  return { neighbors: { sources, destinations, order }, sourceWeights, destinationWeights: weights };
}
