/** The tsrun of another rank does what rank 0's says, to the end of the job. */
import type { TLSSocket } from 'node:tls';
import type { Agent } from '../agents/agent.ts';
import { type ServeEnd, serveAgent } from '../agents/serve.ts';
import { ExitCode } from '../failure.ts';
import { GuestAgent, type OwnProgram } from './guest-agent.ts';
import { type Signals, signalCode } from './signals.ts';

/** After a signal rank 0 has this long to end the job; the ranks have 2 s of it. In milliseconds. */
const GRACE = 3000;
/** Who does not read our output is not waited for any longer than this, when the job has not ended by itself. */
const LAST_WRITE = 500;

export interface Follower {
  /** The connection to rank 0's tsrun. */
  readonly socket: TLSSocket;
  readonly own: OwnProgram;
  /** Runs the rank. */
  readonly agent: Agent;
  readonly rank: number;
  readonly signals: Signals;
}

/** @returns the exit code. */
export async function follow({ socket, own, agent, rank, signals }: Follower): Promise<number> {
  const guest = new GuestAgent(agent, own);
  const stop = new AbortController();
  signals.onSignal = (signal) => {
    if (signals.count > 1) return stop.abort();
    guest.onEvent({ type: 'signalled', signal });
    setTimeout(() => stop.abort(), GRACE).unref();
  };
  const end = await serveAgent(
    { readable: socket, writable: socket },
    { createAgent: () => guest, workspace: own.workspace, address: socket.localAddress, signal: stop.signal },
  );
  const code = exitCode(end, guest, signals);
  if (end.type === 'lost' && signals.first === undefined) {
    guest.output.say('stderr', `tsrun: the tsrun of rank 0 is lost (${end.reason}): ended rank ${rank}\n`);
  }
  const drained = guest.output.drained();
  await (end.type === 'closed' && signals.first === undefined ? drained : Promise.race([drained, after(LAST_WRITE)]));
  return code;
}

function exitCode(end: ServeEnd, guest: GuestAgent, { first }: Signals): number {
  // Rank 0 says why there was no job.
  if (end.type === 'failed') return end.failure.exitCode;
  if (end.type === 'closed') return guest.exitCode ?? ExitCode.LAUNCH;
  return first === undefined ? ExitCode.FAILURE : signalCode(first);
}

function after(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
