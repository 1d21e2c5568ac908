/** Signals that tsrun gets and what they mean for the job. */
import type { Agent } from '../agents/agent.ts';
import type { Supervisor } from './supervisor.ts';

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The ranks stand in sessions of their own, so a terminal's signals reach tsrun alone: it passes them on. `onContinue`: we may be in
 * the foreground now, or no longer.
 *
 * @returns ends the forwarding.
 */
export function forwardSignals(supervisor: Supervisor, agent: Agent, onContinue: () => void): () => void {
  const handlers: [NodeJS.Signals, () => void][] = ENDING.map((signal) => [signal, () => supervisor.signal(signal)]);
  handlers.push(
    [
      'SIGTSTP',
      () => {
        agent.send({ type: 'signal', ranks: supervisor.ranks, signal: 'SIGSTOP' });
        agent.suspend?.();
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
