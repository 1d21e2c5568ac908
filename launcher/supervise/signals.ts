/** Signals that tsrun gets and what they mean for the job. */
import { readFileSync } from 'node:fs';
import type { Agent } from '../agents/agent.ts';
import type { Supervisor } from './supervisor.ts';

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Its bit in the masks of /proc/self/status: bit 0 is signal 1. */
const HANGUP_BIT = 1n;

/**
 * The ranks stand in sessions of their own, so a terminal's signals reach tsrun alone: it passes them on. `onContinue`: we may be in
 * the foreground now, or no longer.
 *
 * @returns ends the forwarding.
 */
export function forwardSignals(supervisor: Supervisor, agent: Agent, onContinue: () => void): () => void {
  const ending = ENDING.filter((signal) => signal !== 'SIGHUP' || !ignoresHangup());
  const handlers: [NodeJS.Signals, () => void][] = ending.map((signal) => [signal, () => supervisor.signal(signal)]);
  handlers.push(
    [
      'SIGTSTP',
      () => {
        agent.send({ type: 'signal', ranks: supervisor.ranks, signal: 'SIGSTOP' });
        process.kill(process.pid, 'SIGSTOP');
      },
    ],
    [
      'SIGCONT',
      () => {
        agent.send({ type: 'signal', ranks: supervisor.ranks, signal: 'SIGCONT' });
        onContinue();
      },
    ],
  );
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}

/** Started by `nohup`: the job outlives its terminal. A handler of ours would undo that. */
function ignoresHangup(): boolean {
  try {
    const mask = readFileSync('/proc/self/status', 'latin1').match(/^SigIgn:\s*([0-9a-f]+)/m)?.[1];
    return mask !== undefined && (BigInt(`0x${mask}`) & HANGUP_BIT) !== 0n;
  } catch {
    return false;
  }
}
