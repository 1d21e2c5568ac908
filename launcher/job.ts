/** One job from start to end: finds and compiles what is to be run, starts the agents, and hands over to the conductor. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Agent, AgentWelcome } from './agents/agent.ts';
import { remoteEnvironment } from './agents/environment.ts';
import { startAgents } from './agents/hosts.ts';
import { bundleScript, releaseCompiler } from './bundle/bundle.ts';
import { findLibrary } from './bundle/library.ts';
import { modelFor } from './calibrate/for-job.ts';
import { conduct } from './conduct.ts';
import { displayPath } from './display-path.ts';
import { OutputFiles } from './io/output-files.ts';
import { planRanks } from './plan.ts';
import { MANIFEST_FILE, type Manifest } from './rank/manifest.ts';
import type { LaunchRequest } from './request.ts';
import { findDirectory, findScript, projectFolder } from './script.ts';
import { packageVersion } from './version.ts';
import { createWorkspace, programFolder } from './workspace.ts';

/** How long a host may take to answer, in milliseconds. */
const CONNECT_TIMEOUT = 20_000;

/**
 * Runs it; gives the exit code.
 *
 * @throws LaunchFailure when no rank could be started.
 */
export async function runJob(request: LaunchRequest): Promise<number> {
  const cwd = process.cwd();
  const programs = request.programs.map(({ script, workingDirectory }) => ({
    script: findScript(script, cwd),
    workingDirectory: workingDirectory === undefined ? cwd : findDirectory(workingDirectory, cwd),
  }));
  const model = modelFor(request, process.env);
  const files =
    request.outputDirectory === undefined ? undefined : new OutputFiles(request.outputDirectory, request.ranks);
  const workspace = createWorkspace();
  const job = randomBytes(8).toString('hex');
  // From here on an agent or its guard removes the workspace, whatever happens to us.
  const { agent, welcomes } = startAgents(request.placement.hosts, {
    launcher: request.launcher,
    ssh: request.ssh,
    fanOut: request.fanOut,
    sync: request.sync ? projectFolder(programs[0]!.script) : undefined,
    interface: request.network.interface,
    env: remoteEnvironment(process.env),
    job,
    workspace,
    connectTimeout: CONNECT_TIMEOUT,
  });
  try {
    // Compiling and connecting take their time side by side; what is wrong with the script is said first.
    welcomes.catch(() => {});
    await compile(programs, workspace);
    const hosts = await welcomes;
    if (request.launcher !== 'local') ship(programs.length, workspace, agent);
    const plans = planRanks(request, {
      version: packageVersion(),
      job,
      secret: randomBytes(32).toString('hex'),
      hosts,
      programs,
      nodeOptions: process.execArgv,
      calibration: model.calibration,
    });
    const scripts = programs.map(({ script }) => displayPath(script, cwd));
    const workspaces = [workspace, ...hosts.map((host: AgentWelcome) => host.workspace)];
    return await conduct(request, { agent, plans, files, workspaces, cwd, scripts, note: model.note });
  } finally {
    files?.close();
    await agent.close();
  }
}

/** Compiles every program, once for all ranks. */
export async function compile(programs: readonly { readonly script: string }[], workspace: string): Promise<void> {
  for (const [index, { script }] of programs.entries()) {
    const folder = programFolder(workspace, index);
    mkdirSync(folder);
    const library = findLibrary(script);
    const bundle = await bundleScript(script, folder, library);
    const manifest: Manifest = { script, library, ...bundle, file: basename(bundle.file) };
    writeFileSync(join(folder, MANIFEST_FILE), JSON.stringify(manifest));
  }
  await releaseCompiler();
}

/** Sends what was compiled to the agents. */
function ship(programs: number, workspace: string, agent: Agent): void {
  for (let index = 0; index < programs; index++) {
    const folder = programFolder(workspace, index);
    for (const name of readdirSync(folder)) {
      agent.send({ type: 'file', name: join(basename(folder), name), data: readFileSync(join(folder, name)) });
    }
  }
}
