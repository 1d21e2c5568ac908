/** A connection of a node of a graph: messages go to `node`, so much of them as `weight`, 0 or more, says. */
export interface Edge {
  readonly node: number;
  readonly weight: number;
}

/** Where a part begins: at the rim of what is left, which suits meshes, or at its core, which suits clusters. */
export type Seed = 'rim' | 'core';

/**
 * Cuts a graph into parts, one for each host, and keeps together what is heavily connected (greedy graph growing): a part begins at
 * a seed, the node that is least ('rim') or most ('core') connected to what is left, and takes the node that is most connected to
 * the part, until the host is full. Hosts with many ranks come first, while there is most to choose from.
 *
 * Each step looks at the neighbours of the part, each host at all nodes for its seed.
 *
 * @returns Which rank takes each node.
 */
export function grow(
  edges: readonly (readonly Edge[])[],
  ranksOfHosts: readonly (readonly number[])[],
  seed: Seed,
): number[] {
  const neighbors = bothWays(edges);
  /** How strongly each node is connected to nodes that have no host yet. */
  const open = neighbors.map((weights) => [...weights.values()].reduce((sum, weight) => sum + weight, 0));
  const left = new Set(edges.keys());
  const taken = new Array<number>(edges.length);

  for (const ranks of ranksOfHosts.toSorted((a, b) => b.length - a.length)) {
    const part: number[] = [];
    /** How strongly the neighbours of the part are connected to it, in the order in which it met them. */
    const near = new Map<number, number>();
    while (part.length < ranks.length) {
      const node = near.size > 0 ? strongest(near) : start(left, open, seed);
      part.push(node);
      left.delete(node);
      near.delete(node);
      for (const [neighbor, weight] of neighbors[node]!) {
        open[neighbor]! -= weight;
        if (left.has(neighbor)) near.set(neighbor, (near.get(neighbor) ?? 0) + weight);
      }
    }
    for (const [index, node] of part.sort((a, b) => a - b).entries()) taken[node] = ranks[index]!;
  }
  return taken;
}

/** The weight between each node and each of its neighbours, whoever sends. */
function bothWays(edges: readonly (readonly Edge[])[]): Map<number, number>[] {
  const neighbors = edges.map(() => new Map<number, number>());
  const add = (from: number, to: number, weight: number) => {
    neighbors[from]!.set(to, (neighbors[from]!.get(to) ?? 0) + weight);
  };
  for (const [from, destinations] of edges.entries()) {
    for (const { node, weight } of destinations) {
      if (node === from) continue;
      add(from, node, weight);
      add(node, from, weight);
    }
  }
  return neighbors;
}

/** The neighbour that is most connected to the part; of several the one that it met first, which makes parts round. */
function strongest(near: ReadonlyMap<number, number>): number {
  let best = -1;
  let most = -Infinity;
  for (const [node, weight] of near) if (weight > most) [best, most] = [node, weight];
  return best;
}

/** Nodes that are cut off from what is left come last: they are good anywhere. Of several the lowest. */
function start(left: ReadonlySet<number>, open: readonly number[], seed: Seed): number {
  const rating = (node: number) => (open[node]! <= 0 ? -Infinity : seed === 'core' ? open[node]! : -open[node]!);
  let best = -1;
  for (const node of left) if (best < 0 || rating(node) > rating(best)) best = node;
  return best;
}
