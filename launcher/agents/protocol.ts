/**
 * What the launcher and an agent behind a connection say to each other: commands and events of agent.ts, and what frames them. The `data` of
 * a message travels as bytes behind it.
 *
 *     launcher → agent   init, then commands, then close
 *     agent → launcher   welcome, then events, then farewell; or, in the place of welcome, refused or failed
 */
import type { HostPlan } from '../placement/placement.ts';
import type { AgentCommand, AgentEvent, AgentWelcome } from './agent.ts';

/** Raised with every incompatible change; `init`'s and `refused`'s own fields never change. */
export const AGENT_PROTOCOL = 1;

/** How the agents of other hosts are started; plain data, so an agent can be told to start more. */
export interface RemoteOptions {
  readonly launcher: 'local' | 'ssh' | 'slurm';
  /** The ssh command and its first arguments. */
  readonly ssh: readonly string[];
  /** How many connections one host makes. */
  readonly fanOut: number;
  /** The folder that every host gets a copy of. */
  readonly sync: string | undefined;
  /** What `--interface` says: a name, or a network as `10.0.0.0/24`. */
  readonly interface: string | undefined;
  /** For the ranks of other hosts, on top of the environment that they find there. */
  readonly env: Readonly<Record<string, string>>;
  /** 16 hex digits, by which the job's processes are known. */
  readonly job: string;
  /** Milliseconds. */
  readonly connectTimeout: number;
}

export interface AgentInit {
  readonly type: 'init';
  readonly protocol: number;
  /** Of the launcher's package. */
  readonly version: string;
  readonly host: HostPlan;
  /** Hosts that this agent starts the agents of. */
  readonly children: readonly HostPlan[];
  readonly options: RemoteOptions;
}

export type ToAgent =
  | AgentInit
  | AgentCommand
  /** What is left of the ranks is killed, the folder removed; answered with `farewell`. */
  | { readonly type: 'close' };

export type FromAgent =
  /** Of this host, then of its children, in order. */
  | { readonly type: 'welcome'; readonly welcomes: readonly AgentWelcome[] }
  /** Another protocol or version than that of `init`. */
  | { readonly type: 'refused'; readonly protocol: number; readonly version: string }
  /** A {@link LaunchFailure} of the agent: nothing more comes. */
  | { readonly type: 'failed'; readonly message: string; readonly exitCode: number }
  | AgentEvent
  /** The last message. */
  | { readonly type: 'farewell' };
