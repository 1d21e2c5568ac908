/** A launcher's end and an agent's end, joined in memory. */
import { type Duplex, duplexPair } from 'node:stream';
import type { Agent, AgentCommand, AgentEvent } from '../../../launcher/agents/agent.ts';
import type { ByteStreams } from '../../../launcher/agents/channel.ts';
import type { RemoteOptions } from '../../../launcher/agents/protocol.ts';
import { type Connection, RemoteAgent } from '../../../launcher/agents/remote.ts';
import type { HostPlan } from '../../../launcher/placement/placement.ts';

export const OPTIONS: RemoteOptions = {
  launcher: 'ssh',
  ssh: ['ssh'],
  fanOut: 2,
  sync: undefined,
  interface: undefined,
  env: {},
  job: '0123456789abcdef',
  connectTimeout: 5000,
};

export function host(name: string, ranks: readonly number[], local = false): HostPlan {
  return { name, slots: undefined, local, ranks };
}

/** Does nothing but remember. */
export class FakeAgent implements Agent {
  onEvent: (event: AgentEvent) => void = () => {};
  readonly commands: AgentCommand[] = [];
  suspensions = 0;
  closings = 0;

  send(command: AgentCommand): void {
    this.commands.push(command);
  }

  suspend(): void {
    this.suspensions++;
  }

  async close(): Promise<void> {
    this.closings++;
  }
}

export class FakeConnection implements Connection {
  readonly opened: Promise<ByteStreams>;
  closings = 0;
  words: string | undefined;

  constructor(streams: ByteStreams | Promise<ByteStreams>) {
    this.opened = Promise.resolve(streams);
  }

  async lastWords(): Promise<string | undefined> {
    return this.words;
  }

  async close(): Promise<void> {
    this.closings++;
  }
}

const both = (stream: Duplex): ByteStreams => ({ readable: stream, writable: stream });

/** Both ends of a connection. */
export function pair(): [here: ByteStreams, there: ByteStreams] {
  const [here, there] = duplexPair();
  return [both(here), both(there)];
}

export interface Joined {
  readonly remote: RemoteAgent;
  readonly connection: FakeConnection;
  readonly events: AgentEvent[];
  /** The agent's end. */
  readonly there: ByteStreams;
  /** The launcher's end. */
  readonly here: ByteStreams;
  /** Resolves with the next event of this type. */
  event<T extends AgentEvent['type']>(type: T): Promise<Extract<AgentEvent, { type: T }>>;
}

export function joined(plan = host('b', [0, 1]), children: readonly HostPlan[] = [], options = OPTIONS): Joined {
  const [here, there] = pair();
  const connection = new FakeConnection(here);
  const remote = new RemoteAgent(connection, { host: plan, children, options });
  const events: AgentEvent[] = [];
  const waiting = new Set<(event: AgentEvent) => void>();
  remote.onEvent = (event) => {
    events.push(event);
    for (const look of waiting) look(event);
  };
  return {
    remote,
    connection,
    events,
    there,
    here,
    event: (type) =>
      new Promise((resolve) => {
        const look = (event: AgentEvent): void => {
          if (event.type !== type) return;
          waiting.delete(look);
          resolve(event as Extract<AgentEvent, { type: typeof type }>);
        };
        waiting.add(look);
      }),
  };
}
