/** Many agents that look like one: a command goes to whom its ranks belong, and what they say comes together. */
import type { Agent, AgentCommand, AgentEvent } from './agent.ts';

export interface FleetMember {
  readonly agent: Agent;
  /** Also those of hosts behind this agent. */
  readonly ranks: readonly number[];
}

export class Fleet implements Agent {
  onEvent: (event: AgentEvent) => void = () => {};
  readonly #members: readonly FleetMember[];
  readonly #agentOf: ReadonlyMap<number, Agent>;

  constructor(members: readonly FleetMember[]) {
    this.#members = members;
    this.#agentOf = new Map(members.flatMap(({ agent, ranks }) => ranks.map((rank) => [rank, agent])));
    for (const { agent } of members) agent.onEvent = (event) => this.onEvent(event);
  }

  send(command: AgentCommand): void {
    switch (command.type) {
      case 'spawn':
        this.#divide(
          command.plans,
          ({ rank }) => rank,
          (plans) => ({ ...command, plans }),
        );
        break;
      case 'control':
      case 'signal':
        this.#divide(
          command.ranks,
          (rank) => rank,
          (ranks) => ({ ...command, ranks }),
        );
        break;
      case 'input':
        this.#agentOf.get(command.rank)?.send(command);
        break;
      case 'file':
      case 'flow':
      case 'ended':
        for (const { agent } of this.#members) agent.send(command);
        break;
    }
  }

  suspend(): void {
    for (const { agent } of this.#members) agent.suspend?.();
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map(({ agent }) => agent.close()));
  }

  /** To each member its part, in order. */
  #divide<T>(items: readonly T[], rankOf: (item: T) => number, command: (part: T[]) => AgentCommand): void {
    const parts = new Map<Agent, T[]>();
    for (const item of items) {
      const agent = this.#agentOf.get(rankOf(item));
      if (agent === undefined) continue;
      const part = parts.get(agent);
      if (part === undefined) parts.set(agent, [item]);
      else part.push(item);
    }
    for (const [agent, part] of parts) agent.send(command(part));
  }
}
