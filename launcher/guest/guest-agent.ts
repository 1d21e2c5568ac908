/**
 * The agent of one rank whose tsrun another launcher has started. Rank 0's tsrun decides when it starts and ends; what it runs
 * stands on this tsrun's own command line, and what it prints goes to this tsrun's own streams, where the other launcher finds it.
 */
import type { ToRank } from '../../src/contract/control.ts';
import { Environment } from '../../src/contract/environment.ts';
import type { Agent, AgentCommand, AgentEvent, RankPlan } from '../agents/agent.ts';
import { prefixerFor } from '../conduct.ts';
import { LaunchFailure } from '../failure.ts';
import { Input } from '../io/input.ts';
import { Output } from '../io/output.ts';
import type { OutputFiles } from '../io/output-files.ts';
import { systemReason } from '../io/system-reason.ts';
import { createListener, type Listener } from '../listener.ts';
import { type PlannedProgram, rankNodeOptions } from '../plan.ts';
import type { LaunchRequest } from '../request.ts';
import { programFolder, socketPath } from '../workspace.ts';

/** What this tsrun itself was told to run. */
export interface OwnProgram extends PlannedProgram {
  readonly request: LaunchRequest;
  /** The folder that its compiled files are in. */
  readonly workspace: string;
  readonly files: OutputFiles | undefined;
  /** Options that its Node was started with. */
  readonly nodeOptions: readonly string[];
}

/** What rank 0's tsrun decides of a rank's environment. */
const FROM_RANK_ZERO = [
  Environment.RANK,
  Environment.SIZE,
  Environment.LOCAL_RANK,
  Environment.LOCAL_SIZE,
  Environment.HOST,
] as const;

export class GuestAgent implements Agent {
  onEvent: (event: AgentEvent) => void = () => {};
  /** The job's, once rank 0's tsrun has said so. */
  exitCode: number | undefined;
  readonly output: Output;
  readonly #local: Agent;
  readonly #own: OwnProgram;
  readonly #listener: Listener;
  #input: Input | undefined;

  /** @param local - runs the rank. */
  constructor(local: Agent, own: OwnProgram) {
    this.#local = local;
    this.#own = own;
    this.output = new Output({
      stdout: process.stdout,
      stderr: process.stderr,
      prefixer: prefixerFor(own.request),
      onFlow: (paused) => local.send({ type: 'flow', paused }),
      onBroken: (stream, error) => {
        if (stream === 'stderr' && error.code === 'EPIPE') return;
        this.#unwritable(error.code, `cannot write ${stream}: ${systemReason(error)}`);
      },
    });
    this.#listener = createListener(own.request, this.output);
    local.onEvent = (event) => this.#hear(event);
  }

  send(command: AgentCommand): void {
    switch (command.type) {
      case 'spawn':
        for (const plan of command.plans) this.#spawn(plan);
        break;
      case 'ended':
        this.exitCode = command.exitCode;
        break;
      case 'flow':
      case 'input':
        // About rank 0's own streams.
        break;
      default:
        this.#local.send(command);
    }
  }

  close(): Promise<void> {
    this.#input?.stop();
    return this.#local.close();
  }

  #spawn(plan: RankPlan): void {
    this.#input = new Input(this.#local, plan.input ? [plan.rank] : []);
    this.#local.send({ type: 'spawn', plans: [ownPlan(plan, this.#own)] });
    this.#input.start();
  }

  #hear(event: AgentEvent): void {
    if (event.type === 'input') this.#input?.answered(event.rank, event.open);
    else if (event.type === 'output') this.#print(event);
    else this.onEvent(event);
  }

  #print(event: Extract<AgentEvent, { type: 'output' }>): void {
    const { rank, stream, data } = event;
    if (this.#listener.passesOutput) this.output.write(rank, stream, data);
    else this.#listener.event(event);
    try {
      this.#own.files?.write(rank, stream, data);
    } catch (error) {
      if (!(error instanceof LaunchFailure)) throw error;
      this.#unwritable(undefined, error.message);
    }
  }

  #unwritable(code: string | undefined, reason: string): void {
    this.onEvent({ type: 'unwritable', code, reason });
  }
}

/** Rank 0's plan for this rank, with everything in it that this tsrun knows better. Pure. */
export function ownPlan(plan: RankPlan, own: OwnProgram): RankPlan {
  const { request, workspace, script, workingDirectory } = own;
  const [program] = request.programs;
  const decided = Object.fromEntries(FROM_RANK_ZERO.map((name) => [name, plan.env[name]!]));
  return {
    ...plan,
    nodeOptions: rankNodeOptions(plan.rank, request, own.nodeOptions),
    args: [programFolder(workspace, 0), script, ...program!.args],
    env: { ...program!.env, ...decided },
    workingDirectory,
    start: ownSocket(plan.start, workspace),
  };
}

/** A Unix socket lies in the folder of the agent whose rank it is. */
function ownSocket(start: Extract<ToRank, { type: 'start' }>, workspace: string): typeof start {
  if (start.local?.kind !== 'unix') return start;
  return { ...start, local: { ...start.local, path: socketPath(workspace, start.rank) } };
}
