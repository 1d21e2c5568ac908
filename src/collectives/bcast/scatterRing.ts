import type { Bulk } from '../bulk.ts';
import type { Channel, Wait } from '../channel.ts';
import { absoluteRank, childrenOf, parentOf, relativeRank, subtreeSize } from '../shapes/binomial.ts';
import { blockStart } from '../shapes/blocks.ts';
import { around } from '../shapes/ring.ts';
import { all, guarded } from '../waits.ts';

/**
 * Scatter and ring allgather broadcast (van de Geijn; Thakur, Rabenseifner, Gropp 2005): the root scatters p blocks down a binomial tree,
 * then every rank collects the others' blocks around the ring.
 *
 * Cost: (log2 p + p - 1) alpha + 2 n beta (p - 1) / p. For long values and many ranks.
 */
export async function scatterRing(channel: Channel, bulk: Bulk, root: number): Promise<void> {
  const { rank, size } = channel;
  const virtual = relativeRank(rank, root, size);
  const startOf = (block: number) => blockStart(block, size, bulk.bytes);

  if (virtual > 0) {
    const parent = absoluteRank(parentOf(virtual), root, size);
    const arrived = bulk.recv(channel, startOf(virtual), startOf(virtual + subtreeSize(virtual, size)), parent);
    if (arrived) await arrived;
  }
  const passed = childrenOf(virtual, size)
    .reverse()
    .map((child) => {
      const to = startOf(child + subtreeSize(child, size));
      return guarded(bulk.send(channel, startOf(child), to, absoluteRank(child, root, size)));
    });
  const scattered = all(passed);
  if (scattered) await scattered;

  const up = around(rank, 1, size);
  const down = around(rank, -1, size);
  // Blocks that came down the tree with ours are here already: neither sent to us nor taken.
  const has = (holder: number, block: number) => block >= holder && block < holder + subtreeSize(holder, size);
  const upper = relativeRank(up, root, size);
  for (let hop = 0; hop < size - 1; hop++) {
    const leaving = around(virtual, -hop, size);
    const arriving = around(virtual, -hop - 1, size);
    const waits: Wait[] = [];
    if (!has(virtual, arriving)) {
      waits.push(guarded(bulk.recv(channel, startOf(arriving), startOf(arriving + 1), down)));
    }
    if (!has(upper, leaving)) waits.push(guarded(bulk.send(channel, startOf(leaving), startOf(leaving + 1), up)));
    const met = all(waits);
    if (met) await met;
  }
}
