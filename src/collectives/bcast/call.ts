import { protocol } from '../../errors.ts';
import type { Packet, Reception } from '../../wire/packet.ts';
import { checkOut, decode, encode } from '../../wire/value.ts';
import { announce, announcementIn } from '../announcement.ts';
import { checkRoot } from '../arguments.ts';
import { Board } from '../board/board.ts';
import { Bulk } from '../bulk.ts';
import type { CallChannel } from '../channel.ts';
import type { CollectiveContext, CollectiveOptions, Fingerprint } from '../context.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { receiveInto } from '../inbox.ts';
import { type Plan, whileOut, whileViewOf } from '../plan.ts';
import { COLLECTIVES, SHARED_MEMORY_CODE, TWO_LEVEL_CODE } from '../registry.ts';
import { algorithmWithCode, boardOf, type Choice, choose } from '../selection.ts';
import { ownValue } from '../values.ts';
import { binomial } from './binomial.ts';
import { giveShared, Landing, takeShared } from './sharedMemory.ts';
import { tellLevels } from './twoLevel.ts';

/** In two levels what is longer is announced, and goes in pieces. */
const LEVELS_WHOLE_BYTES = 64 * 1024;
const CODE = COLLECTIVES.bcast.code;

/** In the fingerprint, in place of the algorithm that only the root knows. */
const BY_MESSAGES = COLLECTIVES.bcast.algorithms.binomial?.code ?? 0;

/**
 * The root's value, on every rank (MPI 4.1, 6.4). The other ranks' `value` is not looked at. The root gets its own value back, or
 * `out` with a copy of it.
 *
 * Only the root knows how large the value is, so it chooses the algorithm: a small value goes whole down a binomial tree; in
 * place of a large one goes its announcement, naming the algorithm by which the bytes follow.
 *
 * @throws MpiError ERR_ROOT, ERR_TYPE, ERR_BUFFER, ERR_ARG; ERR_TRUNCATE where the value does not fit `out`.
 */
export function bcast<T>(
  context: CollectiveContext,
  value: T | undefined,
  root = 0,
  options: CollectiveOptions = {},
): Plan<T> {
  const ours = context.rank === root ? value : undefined;
  return context.recent.plan(context, CODE, ours, root, options, () => prepare(context, value, root, options));
}

function prepare<T>(
  context: CollectiveContext,
  value: T | undefined,
  root: number,
  options: CollectiveOptions,
): Plan<T> {
  const { rank, size } = context;
  const { out } = options;
  checkRoot(root, size, 'bcast');
  if (out !== undefined) checkOut(out, 'bcast');
  if (rank === root) return fromRoot(context, root, value as T, options);

  const choice = choose(context, 'bcast', options.algorithm);
  const fingerprint = fingerprintFor(context, root, choice.code);
  const landing = new Landing(out, (head) => receiveInto(head, out, 'bcast'));
  return {
    lasting: whileOut(out),
    start: () => toOthers(context, fingerprint, choice, out, landing) as T | Promise<T>,
  };
}

/** By which of the algorithms messages go only the root knows; whether there are any all know. */
function fingerprintFor(context: CollectiveContext, root: number, code: number): Fingerprint {
  if (code === SHARED_MEMORY_CODE || code === TWO_LEVEL_CODE) return fingerprintOf('bcast', { root, algorithm: code });
  const either = context.sharesMemory || context.hosts.twoLevels;
  return fingerprintOf('bcast', either ? { root, algorithm: BY_MESSAGES } : { root });
}

function toOthers(
  context: CollectiveContext,
  fingerprint: Fingerprint,
  choice: Choice<unknown>,
  out: unknown,
  landing: Landing,
): unknown {
  const { root } = fingerprint;
  const channel = context.open(fingerprint);
  const turn = boardOf(channel, choice);
  if (!(turn instanceof Board)) return arriving(context, channel, fingerprint, turn, out, landing);
  const reception = takeShared(turn, root, landing);
  return reception instanceof Promise
    ? reception.then((arrived) => close(context, channel, arrived))
    : close(context, channel, reception);
}

function close(context: CollectiveContext, channel: CallChannel, reception: Reception): unknown {
  context.close(channel);
  return reception.value();
}

async function arriving(
  context: CollectiveContext,
  channel: CallChannel,
  { root, algorithm }: Fingerprint,
  turn: ReturnType<CallChannel['board']>,
  out: unknown,
  landing: Landing,
): Promise<unknown> {
  const board = turn && (await turn);
  if (board !== undefined) {
    return close(context, channel, await takeShared(board, root, landing));
  }
  const packet = await tell(channel, algorithm, undefined, root);
  const announcement = announcementIn(packet);
  if (announcement === undefined) {
    context.close(channel);
    return decode(packet, out, 'bcast');
  }
  const run = algorithmWithCode('bcast', announcement.algorithm)?.run;
  if (run === undefined) {
    throw protocol(`a broadcast by algorithm ${announcement.algorithm}, which is not known here`);
  }
  const reception = receiveInto(announcement.head, out, 'bcast');
  await run(channel, new Bulk(reception.segments), root, context.segmentBytes);
  context.close(channel);
  return reception.value();
}

/** The first packet, by which the others hear what comes. */
function tell(channel: CallChannel, algorithm: number, packet: Packet | undefined, root: number): Promise<Packet> {
  return algorithm === TWO_LEVEL_CODE ? tellLevels(channel, packet, root) : binomial(channel, packet, root);
}

function fromRoot<T>(
  context: CollectiveContext,
  root: number,
  value: T,
  { out, algorithm }: CollectiveOptions,
): Plan<T> {
  const packet = encode(value, 'bcast');
  const choice = choose(context, 'bcast', algorithm, { bytes: packet.bytes });
  const { run, byMessages } = choice;
  const fingerprint = fingerprintFor(context, root, choice.code);
  const views = whileViewOf(value, [packet]);
  const stays = whileOut(out);
  return {
    lasting: () => views() && stays(),
    start() {
      const channel = context.open(fingerprint);
      const turn = boardOf(channel, choice);
      const given = turn instanceof Board ? giveShared(turn, packet) : give(channel, turn);
      return given ? given.then(() => finish(channel)) : finish(channel);
    },
  };

  async function give(channel: CallChannel, turn: ReturnType<CallChannel['board']>): Promise<void> {
    const board = turn && (await turn);
    if (board !== undefined) return giveShared(board, packet);
    if (context.size === 1) return;
    const whole = byMessages === TWO_LEVEL_CODE ? Math.min(LEVELS_WHOLE_BYTES, context.segmentBytes) : 0;
    const announced = run !== undefined && packet.bytes > whole;
    await tell(channel, byMessages, announced ? announce(packet, byMessages) : packet, root);
    if (announced) await run(channel, new Bulk(packet.segments), root, context.segmentBytes);
  }

  function finish(channel: CallChannel): T {
    context.close(channel);
    if (out === undefined || out === value) return value;
    return ownValue(packet, out, 'bcast') as T;
  }
}
