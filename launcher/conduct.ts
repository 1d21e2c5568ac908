/** A job from the start of its ranks to the last word about it, wherever its agents are. */
import { isatty } from 'node:tty';
import type { Agent, AgentEvent, RankPlan } from './agents/agent.ts';
import { packageRoot } from './bundle/library.ts';
import { LaunchFailure } from './failure.ts';
import { Input } from './io/input.ts';
import { Output } from './io/output.ts';
import type { OutputFiles } from './io/output-files.ts';
import { createPrefixer } from './io/prefix.ts';
import { systemReason } from './io/system-reason.ts';
import { createListener } from './listener.ts';
import { failureReport, signalReport, timeoutReport } from './report.ts';
import type { LaunchRequest } from './request.ts';
import { forwardSignals } from './supervise/signals.ts';
import { type Outcome, Supervisor } from './supervise/supervisor.ts';

/** After a signal, a reader that does not read is waited for no longer than this. */
const LAST_WRITE = 500;

export interface Stage {
  /** Of all hosts. Closed at the end. */
  readonly agent: Agent;
  readonly plans: readonly RankPlan[];
  readonly files: OutputFiles | undefined;
  /** The job's folders, on whichever host: stack lines that point there are mapped through what the first one holds. */
  readonly workspaces: readonly string[];
  readonly cwd: string;
  /** For messages: the scripts, as the user would name them. */
  readonly scripts: readonly string[];
  /** For `-v`: how algorithms are chosen. */
  readonly note: string;
}

/** Gives the exit code; whatever there is to say about the end has been said. */
export async function conduct(request: LaunchRequest, stage: Stage): Promise<number> {
  const { agent, files } = stage;
  const supervisor = new Supervisor(
    agent,
    request.placement.ranks.map(({ host }) => host),
  );
  const [stdout, stderr] = [process.stdout, process.stderr].map(unblocked);
  const output = new Output({
    stdout: stdout!,
    stderr: stderr!,
    prefixer: prefixerFor(request),
    onFlow(paused) {
      supervisor.flow(paused);
      agent.send({ type: 'flow', paused });
    },
    onBroken(stream, error) {
      // Who closes tsrun's standard error does not want to read it.
      if (stream === 'stderr' && error.code === 'EPIPE') return;
      supervisor.outputBroken(error.code, `cannot write ${stream}: ${systemReason(error)}`);
    },
  });
  const listener = createListener(request, output);
  const input = new Input(agent, readersOf(request));
  agent.onEvent = (event) => {
    if (event.type === 'output') passOn(event);
    else if (event.type === 'input') input.answered(event.rank, event.open);
    listener.event(event);
    supervisor.hear(event);
  };
  function passOn({ rank, stream, data }: Extract<AgentEvent, { type: 'output' }>): void {
    if (listener.passesOutput) output.write(rank, stream, data);
    try {
      files?.write(rank, stream, data);
    } catch (error) {
      if (!(error instanceof LaunchFailure)) throw error;
      supervisor.outputBroken(undefined, error.message);
    }
  }

  const release = forwardSignals(supervisor, agent, () => input.start());
  listener.started(stage.scripts, stage.note);
  agent.send({ type: 'spawn', plans: stage.plans });
  input.start();
  const timer = request.timeout === undefined ? undefined : setTimeout(() => supervisor.timeUp(), request.timeout);

  const outcome = await supervisor.outcome;
  clearTimeout(timer);
  input.stop();
  const patient = outcome.ending.type === 'success' || outcome.ending.type === 'verdict';
  agent.send({ type: 'ended', exitCode: outcome.exitCode });
  await unlessSlow(agent.close(), patient);
  listener.ended(outcome.exitCode, reportOf(outcome, request, supervisor, stage));
  await unlessSlow(output.drained(), patient);
  release();
  return outcome.exitCode;
}

/** Node waits in every write to a terminal: one that was stopped (Ctrl-S) would stop us, and agents would believe us dead. */
function unblocked<Stream extends NodeJS.WriteStream>(stream: Stream): Stream {
  const { _handle: handle } = stream as { _handle?: { setBlocking?(blocking: boolean): void } };
  if (stream.isTTY) handle?.setBlocking?.(false);
  return stream;
}

function readersOf({ stdin, ranks }: LaunchRequest): number[] {
  if (stdin === 'none') return [];
  return stdin === 'all' ? Array.from({ length: ranks }, (_, rank) => rank) : [stdin];
}

/** For the ranks' lines. */
export function prefixerFor({ prefix, ranks }: LaunchRequest): ReturnType<typeof createPrefixer> | undefined {
  const terminal = isatty(1);
  if (prefix === 'never' || (prefix === 'auto' && (!terminal || ranks === 1))) return undefined;
  return createPrefixer(String(ranks - 1).length, terminal && !process.env.NO_COLOR);
}

function reportOf(
  { ending, exitCode, stopped }: Outcome,
  { ranks: size, timeout, placement }: LaunchRequest,
  supervisor: Supervisor,
  { cwd, workspaces }: Stage,
): string {
  const root = packageRoot();
  const hidden = ['dist/', 'src/', 'launcher/', 'bin/'].map((f) => `${root}/${f}`);
  const stacks = { cwd, compiled: workspaces, hidden };
  const hosts = placement.ranks.map(({ host }) => placement.hosts[host]!.name);
  switch (ending.type) {
    case 'success':
    case 'unread':
      return '';
    case 'unwritable':
      return `tsrun: ${ending.reason}\n`;
    case 'signal':
      return signalReport(ending.signal, stopped, exitCode);
    case 'timeout':
      return timeoutReport(ending.whereabouts, { ...stacks, seconds: timeout! / 1000, hosts, stopped, exitCode });
    case 'verdict': {
      const { rank } = ending.verdict;
      const host = hosts[rank]!;
      return failureReport(ending.verdict, { ...stacks, size, host, pid: supervisor.pidOf(rank), stopped, exitCode });
    }
  }
}

/** A reader of our output may take all the time he needs, but not after a signal. */
async function unlessSlow(work: Promise<void>, patient: boolean): Promise<void> {
  if (patient) return work;
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise((resolve) => (timer = setTimeout(resolve, LAST_WRITE)))]);
  clearTimeout(timer);
}
