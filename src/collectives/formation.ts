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
import { around } from './shapes/ring.ts';

/** What every rank has told, by rank: equally many numbers each. In one array, as a thousand ranks each hear of a thousand. */
export class Told {
  readonly size: number;
  readonly #numbers: Float64Array;
  readonly #width: number;

  constructor(numbers: Float64Array, size: number) {
    this.size = size;
    this.#numbers = numbers;
    this.#width = numbers.length / size;
  }

  /** The number at `index` of those that `rank` has told. */
  at(rank: number, index: number): number {
    return this.#numbers[rank * this.#width + index] as number;
  }
}

/** Every rank's numbers, equally many, on every rank: `bruck`, on numbers in place of packets. @param known - what all must give alike. */
export async function tellAll(
  context: CollectiveContext,
  name: CollectiveName,
  own: Float64Array,
  known?: { readonly count: number },
): Promise<Told> {
  const { rank, size } = context;
  const width = own.length;
  const channel = openCall(context, name, known);
  const arrived = new Float64Array(size * width);
  arrived.set(own);
  for (let distance = 1; distance < size; distance *= 2) {
    const length = Math.min(distance, size - distance) * width;
    const theirs = arrived.subarray(distance * width, distance * width + length);
    const ours = arrived.subarray(0, length);
    const met = channel.exchange(ours, around(rank, -distance, size), theirs, around(rank, distance, size));
    if (met) await met;
  }
  context.close(channel);
  // Ours came first, then those of the ranks above.
  const numbers = new Float64Array(size * width);
  numbers.set(arrived.subarray(0, (size - rank) * width), rank * width);
  numbers.set(arrived.subarray((size - rank) * width), 0);
  return new Told(numbers, size);
}

/** Every rank's numbers, any many, by rank, on every rank. */
export async function tellLists(
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

/** The sum, over all ranks, of what `counts` has for this one once `counted` has resolved. */
export async function tellCounts(
  context: CollectiveContext,
  name: CollectiveName,
  counts: Uint32Array,
  counted: Promise<void> | undefined,
): Promise<number> {
  const { size } = context;
  const channel = openCall(context, name);
  const total = new Uint32Array(1);
  const offsets = Array.from({ length: size + 1 }, (_, index) => index);
  if (size === 1) total.set(counts);
  else {
    // Every rank says at once that it is here: one that has called something else hears of it, and does not wait for us.
    await dissemination(channel);
    if (counted) await counted;
    await recursiveHalving(channel, counts, total, reducerFor(SUM, DType.UINT32), offsets);
  }
  context.close(channel);
  return total[0] as number;
}
