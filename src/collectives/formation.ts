/**
 * What ranks tell each other when communicators are made and freed: a few numbers each, as a collective of its own name, so that ranks
 * which disagree about the call are found out as in any other.
 */
import { DType } from '../wire/dtype.ts';
import { decode, encode } from '../wire/value.ts';
import { bruck } from './allgather/bruck.ts';
import { dissemination } from './barrier/dissemination.ts';
import { binomial } from './bcast/binomial.ts';
import type { CollectiveContext } from './context.ts';
import { openCall } from './fingerprint.ts';
import { reducerFor } from './kernels/reducer-for.ts';
import { SUM } from './ops.ts';
import { recursiveHalving } from './reduceScatter/recursiveHalving.ts';
import type { CollectiveName } from './registry.ts';

/** Every rank's numbers, by rank, on every rank. */
export async function tellAll(
  context: CollectiveContext,
  name: CollectiveName,
  own: Float64Array,
): Promise<readonly Float64Array[]> {
  const channel = openCall(context, name);
  const packets = context.size > 1 ? await bruck(channel, encode(own, name)) : undefined;
  context.close(channel);
  if (packets === undefined) return [own];
  return packets.map((packet, rank) => (rank === context.rank ? own : decode(packet, undefined, name)) as Float64Array);
}

/** The number of rank 0, on every rank. */
export async function tellDown(context: CollectiveContext, name: CollectiveName, own: number): Promise<number> {
  const channel = openCall(context, name);
  const packet = await binomial(channel, context.rank === 0 ? encode(own, name) : undefined, 0);
  context.close(channel);
  return context.rank === 0 ? own : (decode(packet, undefined, name) as number);
}

/** A call in which nothing has to be told: only its place among the calls counts. */
export function tellNothing(context: CollectiveContext, name: CollectiveName): void {
  context.close(openCall(context, name));
}

/** The sum, over all ranks, of what `counts` has for this one. */
export async function tellCounts(
  context: CollectiveContext,
  name: CollectiveName,
  counts: Uint32Array,
): Promise<number> {
  const { size } = context;
  const channel = openCall(context, name);
  const total = new Uint32Array(1);
  const offsets = Array.from({ length: size + 1 }, (_, index) => index);
  if (size === 1) total.set(counts);
  else {
    // Every rank says at once that it is here: one that has called something else hears of it, and does not wait for us.
    await dissemination(channel);
    await recursiveHalving(channel, counts, total, reducerFor(SUM, DType.UINT32), offsets);
  }
  context.close(channel);
  return total[0] as number;
}
