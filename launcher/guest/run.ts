/**
 * This tsrun is one task of another launcher's: all of its kind find each other and become one job. The one of rank 0 conducts
 * it, the others do what it says.
 */
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Env, OuterTask } from '../../src/contract/outer.ts';
import { LocalAgent } from '../agents/local.ts';
import { LaunchFailure } from '../failure.ts';
import { OutputFiles } from '../io/output-files.ts';
import { compile } from '../job.ts';
import type { LaunchRequest } from '../request.ts';
import { findDirectory, findScript } from '../script.ts';
import { createWorkspace } from '../workspace.ts';
import { Dismissed } from './dismissed.ts';
import { follow } from './follower.ts';
import { GREETING, type Hello } from './greeting.ts';
import type { OwnProgram } from './guest-agent.ts';
import { joinRankZero } from './joining.ts';
import { machineIdentity } from './machine.ts';
import type { Patience } from './meeting-point.ts';
import type { PmiClient } from './pmi1.ts';
import { gather, lead } from './rank-zero.ts';
import { chooseMeetingPoint } from './rendezvous.ts';
import { deadlineIn, rendezvousTimeout, restartCount } from './settings.ts';
import { Signals, signalCode } from './signals.ts';

/** Other launchers end everybody as soon as one task has failed: rank 0 gets this long, in milliseconds, to say why. */
const HEAD_START = 300;
/** Where the others may be on hosts from which there is no way here, they are not waited for any longer than this. In milliseconds. */
const DOUBTFUL = 10_000;
/** What leads to the launcher's key-value space: whatever a rank starts must not talk there in our place. */
const PMI_DOORS = ['PMI_FD', 'PMI_PORT', 'PMI_ID'];

/**
 * @param pmi - the connection to the PMI server, where it was needed to find out which task this is.
 * @returns the exit code: the job's, on every task.
 */
export async function runGuest(request: LaunchRequest, task: OuterTask, pmi?: PmiClient): Promise<number> {
  const env = { ...process.env };
  for (const name of PMI_DOORS) delete process.env[name];
  const signals = new Signals();
  try {
    const code = await takePart(forGuest(request), task, { env, signals, pmi }).catch(unlessDismissed);
    if (code !== 0 && task.rank > 0) await sleep(HEAD_START);
    return code;
  } catch (error) {
    if (signals.first !== undefined) return signalCode(signals.first);
    throw error;
  } finally {
    signals.release();
  }
}

function unlessDismissed(error: unknown): number {
  if (error instanceof Dismissed) return error.exitCode;
  throw error;
}

/** The other launcher says from whom a line is, if somebody asks it to. */
function forGuest(request: LaunchRequest): LaunchRequest {
  return { ...request, prefix: request.prefix === 'always' ? 'always' : 'never' };
}

interface Surroundings {
  readonly env: Env;
  readonly signals: Signals;
  readonly pmi: PmiClient | undefined;
}

async function takePart(request: LaunchRequest, task: OuterTask, { env, signals, pmi }: Surroundings): Promise<number> {
  const restart = restartCount();
  const within = (milliseconds: number): Patience => {
    const deadline = AbortSignal.any([deadlineIn(milliseconds), signals.aborted]);
    return { milliseconds, deadline, interrupted: signals.aborted };
  };
  const timeout = rendezvousTimeout();
  let patience = within(timeout);
  // First of all: the number of a descriptor that is not open is soon another one's.
  const options = { task, env, interface: request.network.interface, deadline: patience.deadline, pmi };
  const meeting = task.size === 1 ? undefined : await chooseMeetingPoint(options);
  if (meeting?.advice !== undefined) patience = within(Math.min(timeout, DOUBTFUL));
  let agent: LocalAgent | undefined;
  try {
    const workspace = createWorkspace();
    // From here on the agent or its guard removes the workspace, whatever happens to us.
    agent = new LocalAgent(workspace);
    const { rank, size } = task;
    const own = await prepare(request, task, workspace);
    const host = task.host ?? hostname();
    const place = { machine: machineIdentity(host), host };
    if (meeting === undefined || rank === 0) {
      const arrivals = meeting === undefined ? [] : await gather(meeting, size, failureOf(own), patience);
      await meeting?.leave();
      return await lead(arrivals, { own: runnable(own), agent, place, restart, signals });
    }
    const hello: Hello = { greeting: GREETING, rank, size, ...place, ...introduction(own) };
    const socket = await joinRankZero(meeting, hello, patience);
    await meeting.leave();
    return await follow({ socket, own: runnable(own), agent, rank, signals });
  } finally {
    await Promise.all([meeting?.leave(), pmi?.finalize(), agent?.close()]);
  }
}

/** Compiles the script. What is wrong with it is said once for all tasks, by rank 0, so it is no error yet. */
async function prepare(
  request: LaunchRequest,
  { rank, size }: OuterTask,
  workspace: string,
): Promise<OwnProgram | LaunchFailure> {
  const cwd = process.cwd();
  const [program] = request.programs;
  const { outputDirectory: directory } = request;
  try {
    const script = findScript(program!.script, cwd);
    const workingDirectory =
      program!.workingDirectory === undefined ? cwd : findDirectory(program!.workingDirectory, cwd);
    await compile([{ script }], workspace);
    const files = directory === undefined ? undefined : new OutputFiles(directory, size, [rank]);
    return { request, workspace, script, workingDirectory, files, nodeOptions: process.execArgv };
  } catch (error) {
    if (error instanceof LaunchFailure) return error;
    throw error;
  }
}

function failureOf(own: OwnProgram | LaunchFailure): LaunchFailure | undefined {
  return own instanceof LaunchFailure ? own : undefined;
}

function introduction(own: OwnProgram | LaunchFailure): Pick<Hello, 'script' | 'failure'> {
  if (!(own instanceof LaunchFailure)) return { script: own.script, failure: undefined };
  const { message, exitCode } = own;
  return { script: '', failure: { message, exitCode } };
}

function runnable(own: OwnProgram | LaunchFailure): OwnProgram {
  if (own instanceof LaunchFailure) throw own;
  return own;
}
