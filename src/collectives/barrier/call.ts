import { Board } from '../board/board.ts';
import type { CallChannel } from '../channel.ts';
import type { CollectiveContext, CollectiveOptions } from '../context.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { always, type Plan } from '../plan.ts';
import { COLLECTIVES, type RunOf } from '../registry.ts';
import { boardOf, type Choice, choose } from '../selection.ts';
import { sharedMemory } from './sharedMemory.ts';

const CODE = COLLECTIVES.barrier.code;

/** Returns when every rank has called it (MPI 4.1, 6.3). */
export function barrier(context: CollectiveContext, options: CollectiveOptions = {}): Plan<void> {
  return context.recent.plan(context, CODE, undefined, undefined, options, () => prepare(context, options));
}

function prepare(context: CollectiveContext, options: CollectiveOptions): Plan<void> {
  const choice = choose(context, 'barrier', options.algorithm);
  const fingerprint = fingerprintOf('barrier', { algorithm: choice.code });
  return {
    lasting: always,
    start() {
      const channel = context.open(fingerprint);
      const turn = boardOf(channel, choice);
      const met = turn instanceof Board ? sharedMemory(turn) : meet(channel, choice, turn);
      if (met) return met.then(() => context.close(channel));
      context.close(channel);
      return undefined;
    },
  };
}

async function meet(
  channel: CallChannel,
  { run }: Choice<RunOf<'barrier'>>,
  turn: ReturnType<CallChannel['board']>,
): Promise<void> {
  const board = turn && (await turn);
  if (board !== undefined) await sharedMemory(board);
  else if (channel.size > 1) await run(channel);
}
