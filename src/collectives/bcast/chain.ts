import type { Bulk } from '../bulk.ts';
import type { Channel } from '../channel.ts';
import { pipeline } from '../pipeline.ts';
import { absoluteRank, relativeRank } from '../shapes/binomial.ts';

/**
 * Pipelined chain broadcast: the bytes run from the root through all ranks, piece by piece; a rank passes one piece on while it receives
 * the next.
 *
 * Cost: (p - 2 + n / s) (alpha + s beta) for pieces of s: next to n beta for long values and few ranks.
 */
export async function chain(channel: Channel, bulk: Bulk, root: number, segmentBytes: number): Promise<void> {
  const { rank, size } = channel;
  const virtual = relativeRank(rank, root, size);
  const previous = absoluteRank(Math.max(0, virtual - 1), root, size);
  const next = absoluteRank(Math.min(size - 1, virtual + 1), root, size);
  const endOf = (piece: number) => Math.min(bulk.bytes, (piece + 1) * segmentBytes);
  await pipeline(
    Math.ceil(bulk.bytes / segmentBytes),
    (piece) => (virtual > 0 ? bulk.recv(channel, piece * segmentBytes, endOf(piece), previous) : undefined),
    (piece) => (virtual + 1 < size ? bulk.send(channel, piece * segmentBytes, endOf(piece), next) : undefined),
  );
}
