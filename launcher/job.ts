/** One job from start to end: the place where the parts of the launcher meet. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import type { AgentEvent } from './agents/agent.ts';
import { LocalAgent } from './agents/local.ts';
import { bundleScript, releaseCompiler } from './bundle/bundle.ts';
import { findLibrary, packageRoot } from './bundle/library.ts';
import { displayPath } from './display-path.ts';
import { LaunchFailure } from './failure.ts';
import { Input } from './io/input.ts';
import { Output } from './io/output.ts';
import { OutputFiles } from './io/output-files.ts';
import { createPrefixer } from './io/prefix.ts';
import { systemReason } from './io/system-reason.ts';
import { createListener } from './listener.ts';
import { planRanks } from './plan.ts';
import { MANIFEST_FILE, type Manifest } from './rank/manifest.ts';
import { failureReport, signalReport, timeoutReport } from './report.ts';
import type { LaunchRequest } from './request.ts';
import { findDirectory, findScript } from './script.ts';
import { forwardSignals } from './supervise/signals.ts';
import { type Outcome, Supervisor } from './supervise/supervisor.ts';
import { packageVersion } from './version.ts';
import { createWorkspace } from './workspace.ts';

/** After a signal, a reader that does not read is waited for no longer than this. */
const LAST_WRITE = 500;

/**
 * Runs it; gives the exit code.
 *
 * @throws LaunchFailure when no rank could be started.
 */
export async function runJob(request: LaunchRequest): Promise<number> {
  const cwd = process.cwd();
  const script = findScript(request.script, cwd);
  const workingDirectory = request.workingDirectory === undefined ? cwd : findDirectory(request.workingDirectory, cwd);
  const files =
    request.outputDirectory === undefined ? undefined : new OutputFiles(request.outputDirectory, request.ranks);
  const workspace = createWorkspace();
  // From here on the guard removes the workspace, whatever happens to us.
  const agent = new LocalAgent(workspace);
  try {
    await prepare(script, workspace);
    return await conduct(request, { agent, files, script, workingDirectory, workspace, cwd });
  } finally {
    files?.close();
    await agent.close();
  }
}

/** Compiles the script, once for all ranks. */
async function prepare(script: string, workspace: string): Promise<void> {
  const library = findLibrary(script);
  const bundle = await bundleScript(script, workspace, library);
  await releaseCompiler();
  const manifest: Manifest = { script, library, ...bundle };
  writeFileSync(join(workspace, MANIFEST_FILE), JSON.stringify(manifest));
}

interface Stage {
  readonly agent: LocalAgent;
  readonly files: OutputFiles | undefined;
  /** Absolute paths. */
  readonly script: string;
  readonly workingDirectory: string;
  readonly workspace: string;
  readonly cwd: string;
}

async function conduct(request: LaunchRequest, stage: Stage): Promise<number> {
  const { agent, files, script, cwd, workspace } = stage;
  const host = hostname();
  const supervisor = new Supervisor(agent, request.ranks);
  const output = new Output({
    stdout: process.stdout,
    stderr: process.stderr,
    prefixer: prefixerFor(request),
    onFlow(paused) {
      supervisor.flow(paused);
      agent.send({ type: 'flow', paused });
    },
    onBroken(stream, error) {
      // Who closes tsrun's standard error does not want to read it.
      if (stream === 'stderr' && error.code === 'EPIPE') return;
      supervisor.outputBroken(error, `cannot write ${stream}: ${systemReason(error)}`);
    },
  });
  const listener = createListener(request, output, host);
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
      supervisor.outputBroken(error, error.message);
    }
  }

  const release = forwardSignals(supervisor, agent, () => input.start());
  listener.started(displayPath(script, cwd));
  agent.send({
    type: 'spawn',
    plans: planRanks(request, {
      version: packageVersion(),
      job: randomBytes(8).toString('hex'),
      secret: randomBytes(32).toString('hex'),
      host,
      workspace,
      script,
      workingDirectory: stage.workingDirectory,
      nodeOptions: process.execArgv,
    }),
  });
  input.start();
  const timer = request.timeout === undefined ? undefined : setTimeout(() => supervisor.timeUp(), request.timeout);

  const outcome = await supervisor.outcome;
  clearTimeout(timer);
  input.stop();
  const patient = outcome.ending.type === 'success' || outcome.ending.type === 'verdict';
  await unlessSlow(agent.close(), patient);
  listener.ended(outcome.exitCode, reportOf(outcome, request, supervisor, { host, cwd, workspace }));
  await unlessSlow(output.drained(), patient);
  release();
  return outcome.exitCode;
}

function readersOf({ stdin, ranks }: LaunchRequest): number[] {
  if (stdin === 'none') return [];
  return stdin === 'all' ? Array.from({ length: ranks }, (_, rank) => rank) : [stdin];
}

function prefixerFor({ prefix, ranks }: LaunchRequest): ReturnType<typeof createPrefixer> | undefined {
  const terminal = isatty(1);
  if (prefix === 'never' || (prefix === 'auto' && (!terminal || ranks === 1))) return undefined;
  return createPrefixer(String(ranks - 1).length, terminal && !process.env.NO_COLOR);
}

function reportOf(
  { ending, exitCode, stopped }: Outcome,
  { ranks, timeout }: LaunchRequest,
  supervisor: Supervisor,
  { host, cwd, workspace }: { host: string; cwd: string; workspace: string },
): string {
  const root = packageRoot();
  const stacks = {
    cwd,
    compiled: workspace,
    hidden: ['dist/', 'src/', 'launcher/', 'bin/'].map((f) => `${root}/${f}`),
  };
  switch (ending.type) {
    case 'success':
    case 'unread':
      return '';
    case 'unwritable':
      return `tsrun: ${ending.reason}\n`;
    case 'signal':
      return signalReport(ending.signal, stopped, exitCode);
    case 'timeout':
      return timeoutReport(ending.whereabouts, { ...stacks, seconds: timeout! / 1000, stopped, exitCode });
    case 'verdict': {
      const pid = supervisor.pidOf(ending.verdict.rank);
      return failureReport(ending.verdict, { ...stacks, size: ranks, host, pid, stopped, exitCode });
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
