/** Starts the agents of all hosts of a job, side by side; where they are many, agents start agents. */
import type { Agent, AgentWelcome } from './agent.ts';

export type { HostsOptions } from './protocol.ts';

export interface StartedHosts {
  /** One for all: the agent of this machine when there is no other host, else a fleet. Whoever called closes it, also after a failure. */
  readonly agent: Agent;
  /** By host. Rejects with one LaunchFailure, the first, which names the host. */
  readonly welcomes: Promise<readonly AgentWelcome[]>;
}
