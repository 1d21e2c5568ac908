/**
 * The agent's end of a connection: does what the launcher says, with the ranks of this host and, in a tree, with the agents of other
 * hosts. When the launcher is gone or cannot be heard any more, the ranks are killed.
 */

import { hostname } from 'node:os';
import { Deferred } from '../../src/base/deferred.ts';
import { invariant } from '../../src/base/invariant.ts';
import { ExitCode, LaunchFailure } from '../failure.ts';
import { packageVersion } from '../version.ts';
import { createWorkspace } from '../workspace.ts';
import type { Agent, AgentWelcome } from './agent.ts';
import { type ByteStreams, Channel } from './channel.ts';
import { Fleet } from './fleet.ts';
import { startBranches } from './hosts.ts';
import { LocalAgent } from './local.ts';
import { ownAddress } from './network.ts';
import { AGENT_PROTOCOL, type AgentInit, type FromAgent, type ToAgent } from './protocol.ts';
import type { StarterFor } from './start.ts';

export interface ServeOptions {
  /** The address of this host where no interface was asked for; none: what network.ts finds. */
  readonly address?: string | undefined;
  /** The folder for the job; none: a new one. */
  readonly workspace?: string;
  /** The agent of this host, with its folder for the job; none: a {@link LocalAgent}. */
  readonly createAgent?: (workspace: string) => Agent;
  /** Ends the agent as the loss of the launcher does. */
  readonly signal?: AbortSignal;
  /** How agents of other hosts are started; none: as the launcher starts them. */
  readonly starterFor?: StarterFor;
}

export type ServeEnd =
  /** The launcher said so. */
  | { readonly type: 'closed' }
  /** There was never an agent; the launcher knows why. */
  | { readonly type: 'failed'; readonly failure: LaunchFailure }
  /** The launcher is gone, or `signal` was given. */
  | { readonly type: 'lost'; readonly reason: string };

/** Without a launcher there is nobody to wait for: what is not gone then is the guard's. */
const LAST_MOMENT = 900;

/** Resolves when no rank is left, the folder is removed, and all that there was to say has been said. */
export function serveAgent(streams: ByteStreams, options: ServeOptions = {}): Promise<ServeEnd> {
  return new Service(streams, options).end;
}

class Service {
  readonly #options: ServeOptions;
  readonly #channel: Channel<ToAgent, FromAgent>;
  readonly #done = new Deferred<ServeEnd>();
  #state: 'waiting' | 'starting' | 'serving' | 'ending' = 'waiting';
  #agent: Agent | undefined;
  /** The launcher does not want any output now. */
  #unwanted = false;
  /** The stream to the launcher is full. */
  #full = false;

  constructor(streams: ByteStreams, options: ServeOptions) {
    this.#options = options;
    this.#channel = new Channel<ToAgent, FromAgent>(streams, {
      message: (message) => this.#hear(message),
      ended: (reason) => void this.#end({ type: 'lost', reason: reason ?? 'the connection ended' }),
      drained: () => this.#flow(this.#unwanted, false),
    });
    options.signal?.addEventListener('abort', () => void this.#end({ type: 'lost', reason: 'told to end' }));
  }

  get end(): Promise<ServeEnd> {
    return this.#done.promise;
  }

  #hear(message: ToAgent): void {
    switch (message.type) {
      case 'init':
        void this.#start(message);
        break;
      case 'close':
        void this.#end({ type: 'closed' });
        break;
      case 'flow':
        this.#flow(message.paused, this.#full);
        break;
      default:
        this.#agent?.send(message);
    }
  }

  async #start(init: AgentInit): Promise<void> {
    invariant(this.#state === 'waiting', 'an agent was introduced twice');
    this.#state = 'starting';
    const version = packageVersion();
    if (init.protocol !== AGENT_PROTOCOL || init.version !== version) {
      this.#channel.send({ type: 'refused', protocol: AGENT_PROTOCOL, version });
      const failure = new LaunchFailure(
        `tsmpi ${init.version} is at the launcher, this is ${version}`,
        ExitCode.LAUNCH,
      );
      return this.#end({ type: 'failed', failure });
    }
    try {
      const welcomes = await this.#prepare(init);
      // The launcher may have gone meanwhile.
      if (this.#left()) return;
      this.#state = 'serving';
      this.#channel.send({ type: 'welcome', welcomes });
    } catch (error) {
      if (!(error instanceof LaunchFailure)) throw error;
      if (this.#left()) return;
      this.#channel.send({ type: 'failed', message: error.message, exitCode: error.exitCode });
      await this.#end({ type: 'failed', failure: error });
    }
  }

  /** Brings this host up, and then those behind it. */
  async #prepare({ host, children, options }: AgentInit): Promise<readonly AgentWelcome[]> {
    Object.assign(process.env, options.env);
    const { local, welcome } = await this.#settle(options.interface).catch(
      retold((text) => `host ${host.name}: ${text}`),
    );
    if (children.length === 0) return [welcome];
    const { members, welcomes } = startBranches(children, options, this.#options.starterFor);
    this.#use(new Fleet([{ agent: local, ranks: host.ranks }, ...members]));
    const others = await welcomes.catch(retold((text) => `${text} (host ${host.name} was to start its agent)`));
    return [welcome, ...others];
  }

  async #settle(wanted: string | undefined): Promise<{ local: Agent; welcome: AgentWelcome }> {
    const { address: known, workspace: given, createAgent } = this.#options;
    const address = (wanted === undefined ? known : undefined) ?? (await ownAddress({ interface: wanted }));
    if (this.#left()) throw new LaunchFailure('nobody waits for it any more');
    const workspace = given ?? createWorkspace();
    const local = createAgent?.(workspace) ?? new LocalAgent(workspace);
    this.#use(local);
    const { pid, versions } = process;
    return { local, welcome: { hostname: hostname(), pid, node: versions.node, workspace, address } };
  }

  #use(agent: Agent): void {
    this.#agent = agent;
    agent.onEvent = (event) => {
      if (!this.#channel.send(event)) this.#flow(this.#unwanted, true);
    };
  }

  /** What cannot go on to the launcher is not read from the ranks. */
  #flow(unwanted: boolean, full: boolean): void {
    const before = this.#unwanted || this.#full;
    this.#unwanted = unwanted;
    this.#full = full;
    const paused = unwanted || full;
    if (paused !== before) this.#agent?.send({ type: 'flow', paused });
  }

  #left(): boolean {
    return this.#state === 'ending';
  }

  async #end(end: ServeEnd): Promise<void> {
    if (this.#left()) return;
    this.#state = 'ending';
    if (end.type === 'lost') {
      // Nobody reads what the ranks have to say.
      if (this.#agent !== undefined) this.#agent.onEvent = () => {};
      this.#flow(false, false);
      await Promise.race([this.#agent?.close(), new Promise((resolve) => setTimeout(resolve, LAST_MOMENT))]);
      void this.#channel.close();
    } else {
      await this.#agent?.close();
      if (end.type === 'closed') this.#channel.send({ type: 'farewell' });
      await this.#channel.close();
    }
    this.#done.resolve(end);
  }
}

/** The same failure in other words. */
function retold(words: (text: string) => string): (error: unknown) => never {
  return (error) => {
    throw error instanceof LaunchFailure ? new LaunchFailure(words(error.message), error.exitCode) : error;
  };
}
