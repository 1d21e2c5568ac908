/**
 * An agent starts the ranks of one host, forwards their lines and ends them. The launcher talks to every agent through commands and
 * events that are plain data: the one of this machine runs in the launcher's process, others stand behind a connection.
 */
import type { FromRank, ToRank } from '../../src/contract/control.ts';

export interface RankPlan {
  readonly rank: number;
  /** Options of Node that stand before the rank's main module. */
  readonly nodeOptions: readonly string[];
  /** What follows the rank's main module: the program's folder, the script, its arguments. */
  readonly args: readonly string[];
  /** Added to the agent's own environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** Whether this rank gets a standard input; /dev/null otherwise. */
  readonly input: boolean;
  /** The first message on the rank's control channel. */
  readonly start: Extract<ToRank, { type: 'start' }>;
}

export type AgentCommand =
  /** A file for the agent's folder of this job; `name` may have folders in it. Sent before the ranks that need it. */
  | { readonly type: 'file'; readonly name: string; readonly data: Uint8Array }
  | { readonly type: 'spawn'; readonly plans: readonly RankPlan[] }
  | { readonly type: 'control'; readonly ranks: readonly number[]; readonly message: ToRank }
  /** To the whole process group of each rank. */
  | { readonly type: 'signal'; readonly ranks: readonly number[]; readonly signal: NodeJS.Signals }
  /** Bytes for a rank's standard input; `null` ends it. Answered with `input`. */
  | { readonly type: 'input'; readonly rank: number; readonly data: Uint8Array | null }
  /** Stops reading the ranks' output, or goes on: a slow reader of tsrun's output slows the ranks down. */
  | { readonly type: 'flow'; readonly paused: boolean }
  /** The job is over: a process that stands for it on its host ends with this code. The last command. */
  | { readonly type: 'ended'; readonly exitCode: number };

export type AgentEvent =
  | { readonly type: 'spawned'; readonly rank: number; readonly pid: number }
  | { readonly type: 'unspawned'; readonly rank: number; readonly reason: string }
  | { readonly type: 'control'; readonly rank: number; readonly message: FromRank }
  /** Whole lines, except for the last piece of a stream and for pieces of very long lines. */
  | { readonly type: 'output'; readonly rank: number; readonly stream: OutputStream; readonly data: Uint8Array }
  /** The rank takes more input, or (not open) will never take any again. */
  | { readonly type: 'input'; readonly rank: number; readonly open: boolean }
  | ({ readonly type: 'exited'; readonly rank: number } & RankExit)
  /** The rank has exited, and all of its output has been delivered. */
  | { readonly type: 'closed'; readonly rank: number }
  /**
   * The agent is gone, or cannot be heard any more, before it was told to go: nothing more comes of these ranks, and it ends
   * them itself. `reason` says what was seen, without the host: `no sign of life for 6 s`.
   */
  | { readonly type: 'gone'; readonly host: string; readonly ranks: readonly number[]; readonly reason: string }
  /** The agent itself got a signal that was meant for the job, from whoever else started it. */
  | { readonly type: 'signalled'; readonly signal: NodeJS.Signals }
  /** The agent writes its rank's output itself, and cannot. */
  | { readonly type: 'unwritable'; readonly code: string | undefined; readonly reason: string };

export interface RankExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** V8 said so before the process died. */
  readonly outOfMemory: boolean;
}

export type OutputStream = 'stdout' | 'stderr';

export interface Agent {
  /** Set before the first command. */
  onEvent: (event: AgentEvent) => void;
  send(command: AgentCommand): void;
  /** We are about to be stopped (SIGTSTP): silence means nothing until the next command. */
  suspend?(): void;
  /** Kills whatever is left of the ranks' process groups, and lets go of them. Resolves when nothing is left to wait for. */
  close(): Promise<void>;
}

/** What the launcher has to know of an agent before it can plan its ranks. */
export interface AgentWelcome {
  /** As the machine itself calls it. */
  readonly hostname: string;
  readonly pid: number;
  /** Of its Node, as 20.19.0. */
  readonly node: string;
  /** Its folder for this job, mode 0700: `file` commands land here, and the sockets of its ranks. */
  readonly workspace: string;
  /**
   * The address under which other hosts reach this one: of the interface that routes to the launcher, or of the one that
   * was asked for. Undefined: there is none (and nobody asked).
   */
  readonly address: string | undefined;
}
