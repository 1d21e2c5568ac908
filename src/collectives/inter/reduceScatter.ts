import { countInvalid, countsUnlike } from '../../errors.ts';
import type { Packet } from '../../wire/packet.ts';
import { checkOut, encode } from '../../wire/value.ts';
import { checkCounts } from '../arguments.ts';
import type { CollectiveOptions } from '../context.ts';
import { checkNoAlgorithm } from '../neighbors/neighborhood.ts';
import type { ArrayOperand, ValueOperand } from '../operands/operand.ts';
import { type Target, targetOf } from '../operands/target.ts';
import { MAX, type Op, type OpLike, SUM } from '../ops.ts';
import { type Parts, partsOf, sliceOf } from '../reduceScatter/parts.ts';
import { deliver } from '../reduction.ts';
import { borrow, giveBack } from '../scratch.ts';
import { offsetsOf } from '../shapes/blocks.ts';
import { foldValues } from '../values.ts';
import { across } from './across.ts';
import { type Channels, type InterContext, openBoth } from './context.ts';
import { sendToAll } from './direct.ts';

type Call = 'reduceScatter' | 'reduceScatterBlock';

/**
 * The arrays of all ranks of the other group combined by `op`, of which rank i of ours gets `counts[i]` elements (MPI 4.1, 6.10.2). All
 * arrays, of both groups, are equally long.
 *
 * @throws MpiError ERR_COUNT unless the counts add up to the length; ERR_OP, ERR_TYPE, ERR_BUFFER, ERR_ARG; ERR_TRUNCATE where the part
 *   does not fit `out`; ERR_MISMATCH where ranks of our group give other counts.
 */
export async function reduceScatter<A>(
  context: InterContext,
  array: A,
  counts: readonly number[],
  op: OpLike = SUM,
  options: CollectiveOptions = {},
): Promise<A> {
  const { local, bridge } = context;
  checkNoAlgorithm('reduceScatter', options);
  const parts = partsOf(array, op, 'reduceScatter');
  checkCounts(counts, local.size, 'reduceScatter', 'counts');
  const own = Float64Array.from(counts);
  const total = own.reduce((sum, count) => sum + count, 0);
  if (total !== parts.length) {
    throw countInvalid('reduceScatter', 'the sum of counts', `${parts.length}, the length of array`, total);
  }
  // Who gets how much in the other group, only that group knows.
  const countsOf = async (channels: Channels) => {
    const theirs = new Float64Array(bridge.size);
    const ours = await across(channels, own, theirs, MAX);
    const odd = own.findIndex((count, rank) => count !== ours[rank]);
    if (odd >= 0) throw countsUnlike('reduceScatter', odd, own[odd] as number, ours[odd] as number);
    return [...theirs];
  };
  return (await reduceParts(context, 'reduceScatter', parts, [...own], countsOf, options)) as A;
}

/**
 * As `reduceScatter`, with equal parts for the ranks of a group (MPI 4.1, 6.10.1).
 *
 * @throws MpiError ERR_COUNT unless the length is a multiple of the sizes of both groups; else as `reduceScatter`.
 */
export async function reduceScatterBlock<A>(
  context: InterContext,
  array: A,
  op: OpLike = SUM,
  options: CollectiveOptions = {},
): Promise<A> {
  const { local, bridge } = context;
  checkNoAlgorithm('reduceScatterBlock', options);
  const parts = partsOf(array, op, 'reduceScatterBlock');
  const { length } = parts;
  if (length % local.size !== 0 || length % bridge.size !== 0) {
    const sizes = `a multiple of ${local.size} and ${bridge.size}, the numbers of ranks`;
    throw countInvalid('reduceScatterBlock', 'the length of array', sizes, length);
  }
  const ours = new Array<number>(local.size).fill(length / local.size);
  const theirs = async () => new Array<number>(bridge.size).fill(length / bridge.size);
  return (await reduceParts(context, 'reduceScatterBlock', parts, ours, theirs, options)) as A;
}

/**
 * Every rank cuts its array and sends each rank of the other group its part, and combines what it gets in rank order.
 *
 * Cost: p alpha + n beta for n bytes a rank and p ranks of the other group.
 *
 * @param theirs tells how much each rank of the other group gets.
 */
function reduceParts(
  context: InterContext,
  call: Call,
  { op, operand }: Parts,
  ours: readonly number[],
  theirs: (channels: Channels) => Promise<readonly number[]>,
  { out }: CollectiveOptions,
): Promise<unknown> {
  if (out !== undefined) checkOut(out, call);
  if (operand.as === 'value') return reduceValues(context, call, op, operand, theirs, out);
  if (ours.some((count) => (count * operand.width) % operand.reducer.grain !== 0)) {
    throw countInvalid(call, `the elements for each rank, [value, location] pairs for ${op.name},`, 'even', [...ours]);
  }
  const own = (ours[context.local.rank] ?? 0) * operand.width;
  return reduceArrays(context, call, op, operand, targetOf(operand, out, call, own), theirs);
}

async function reduceArrays(
  context: InterContext,
  call: Call,
  op: Op,
  { kind, width, reducer }: ArrayOperand,
  { input, work, finish }: Target,
  theirs: (channels: Channels) => Promise<readonly number[]>,
): Promise<unknown> {
  const channels = openBoth(context, call, { op: op.code, dtype: kind, count: input.length });
  const { bridge } = channels;
  const offsets = offsetsOf((await theirs(channels)).map((count) => count * width));
  const sent = sendToAll(bridge, (dest) => bridge.send(input.subarray(offsets[dest], offsets[dest + 1]), dest));
  const scratch = borrow(work, work.length);
  for (let source = 0; source < bridge.size; source++) {
    const part = source === 0 ? work : scratch;
    const arrived = bridge.recv(part, source);
    if (arrived) await arrived;
    if (source > 0) reducer.combine(work, part, work);
  }
  giveBack(scratch);
  if (sent) await sent;
  context.bridge.close(bridge);
  return finish();
}

/** Parts that travel as values. */
async function reduceValues(
  context: InterContext,
  call: Call,
  op: Op,
  operand: ValueOperand,
  theirs: (channels: Channels) => Promise<readonly number[]>,
  out: unknown,
): Promise<unknown> {
  // Refused here, if it has to be: nothing has been sent.
  encode(operand.value, call);
  const channels = openBoth(context, call, { op: op.code, dtype: operand.kind, count: operand.count });
  const { bridge } = channels;
  const offsets = offsetsOf(await theirs(channels));
  const sent = sendToAll(bridge, (dest) => {
    const part = sliceOf(operand.value, offsets[dest] ?? 0, offsets[dest + 1] ?? 0);
    return bridge.sendPacket(encode(part, call), dest);
  });
  const arrived: Packet[] = [];
  for (let source = 0; source < bridge.size; source++) arrived.push(await bridge.recvPacket(source));
  if (sent) await sent;
  const result = foldValues(operand, arrived, call);
  context.bridge.close(bridge);
  return deliver(result, out, call);
}
