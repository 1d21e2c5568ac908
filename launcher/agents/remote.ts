/** An agent on another host, as the launcher sees it: the launcher's end of a connection. */
import { Deferred } from '../../src/base/deferred.ts';
import { ExitCode, LaunchFailure } from '../failure.ts';
import type { HostPlan } from '../placement/placement.ts';
import { packageVersion } from '../version.ts';
import type { Agent, AgentCommand, AgentEvent, AgentWelcome } from './agent.ts';
import { type ByteStreams, Channel } from './channel.ts';
import { AGENT_PROTOCOL, type FromAgent, type RemoteOptions, type ToAgent } from './protocol.ts';

/** What leads to the agent: a program such as ssh, or a socket. */
export interface Connection {
  /** Resolves when the agent's program runs at the other end. Rejects with a LaunchFailure that names the host. */
  readonly opened: Promise<ByteStreams>;
  /** Asked when the stream has ended before its time: what is known about that, `ssh: Connection to b closed by remote host`. */
  lastWords(): Promise<string | undefined>;
  /**
   * Lets go of it, in any state; resolves when nothing of it is left on this machine.
   *
   * @param patient - the agent has been told to end, or will notice, and is waited for; the default.
   */
  close(patient?: boolean): Promise<void>;
}

export interface RemoteHost {
  readonly host: HostPlan;
  /** Hosts whose agents this one starts. */
  readonly children: readonly HostPlan[];
  readonly options: RemoteOptions;
}

export class RemoteAgent implements Agent {
  onEvent: (event: AgentEvent) => void = () => {};
  /** Of this host and then of its children, in order. Rejects with a LaunchFailure that says why there is no agent. */
  readonly welcomes: Promise<readonly AgentWelcome[]>;
  readonly #welcomed = new Deferred<readonly AgentWelcome[]>();
  readonly #connection: Connection;
  readonly #remote: RemoteHost;
  #state: 'connecting' | 'greeting' | 'serving' | 'closing' | 'ended' = 'connecting';
  #channel: Channel<FromAgent, ToAgent> | undefined;
  /** Given before the agent was there. */
  readonly #early: AgentCommand[] = [];
  readonly #over = new Deferred<void>();
  /** What it says makes no sense, or it says nothing any more. */
  #lostForGood = false;
  #closed: Promise<void> | undefined;

  constructor(connection: Connection, remote: RemoteHost) {
    this.#connection = connection;
    this.#remote = remote;
    this.welcomes = this.#welcomed.promise;
    // Whoever is interested awaits it; nobody has to.
    this.welcomes.catch(() => {});
    connection.opened.then(
      (streams) => this.#greet(streams),
      (error: unknown) => this.#fail(error as LaunchFailure),
    );
  }

  send(command: AgentCommand): void {
    if (this.#state === 'connecting' || this.#state === 'greeting') this.#early.push(command);
    else this.#pass(command);
  }

  suspend(): void {
    this.#channel?.suspend();
  }

  close(): Promise<void> {
    this.#closed ??= this.#leave();
    return this.#closed;
  }

  #greet(streams: ByteStreams): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'greeting';
    this.#channel = new Channel<FromAgent, ToAgent>(streams, {
      message: (message) => this.#hear(message),
      ended: (reason) => void this.#lost(reason),
    });
    const { host, children, options } = this.#remote;
    this.#channel.send({
      type: 'init',
      protocol: AGENT_PROTOCOL,
      version: packageVersion(),
      host,
      children,
      options,
    });
  }

  #hear(message: FromAgent): void {
    switch (message.type) {
      case 'welcome':
        this.#state = 'serving';
        this.#welcomed.resolve(message.welcomes);
        for (const command of this.#early.splice(0)) this.#pass(command);
        break;
      case 'refused':
        this.#fail(this.#refusal(message));
        break;
      case 'failed':
        this.#fail(new LaunchFailure(message.message, message.exitCode));
        break;
      case 'farewell':
        this.#over.resolve();
        break;
      default:
        this.onEvent(message);
    }
  }

  #pass(command: AgentCommand): void {
    // One rank a message: a plan knows all hosts of the job, and thousands of them in one message would be too long.
    if (command.type !== 'spawn') this.#channel?.send(command);
    else for (const plan of command.plans) this.#channel?.send({ type: 'spawn', plans: [plan] });
  }

  #refusal({ protocol, version }: Extract<FromAgent, { type: 'refused' }>): LaunchFailure {
    const own = packageVersion();
    // A version of somebody who works on tsmpi.
    const detail = version === own ? ` (with protocol ${protocol} and not ${AGENT_PROTOCOL})` : '';
    const text = `host ${this.#remote.host.name}: tsmpi ${version} is there, this is ${own}${detail}; install the same on both`;
    return new LaunchFailure(text, ExitCode.LAUNCH);
  }

  /** The stream has ended, or makes no sense any more. */
  async #lost(reason: string | undefined): Promise<void> {
    const { host, children } = this.#remote;
    const state = this.#state;
    this.#state = 'ended';
    this.#lostForGood = reason !== undefined;
    this.#over.resolve();
    if (state === 'closing' || state === 'ended') return;
    const text = reason ?? (await this.#connection.lastWords()) ?? 'its agent ended without a word';
    if (state === 'greeting') this.#fail(new LaunchFailure(`host ${host.name}: ${text}`, ExitCode.LAUNCH));
    else {
      const ranks = [host, ...children].flatMap((one) => one.ranks).sort((a, b) => a - b);
      this.onEvent({ type: 'gone', host: host.name, ranks, reason: text });
      // An agent that is still there, though not to be understood, ends with its connection.
      void this.close();
    }
  }

  #fail(failure: LaunchFailure): void {
    this.#state = 'ended';
    this.#welcomed.reject(failure);
    void this.close();
  }

  async #leave(): Promise<void> {
    if (this.#state === 'serving') {
      this.#state = 'closing';
      this.#channel!.send({ type: 'close' });
      // For as long as it takes, which somebody who does not read the output may decide; a dead agent is noticed.
      await this.#over.promise;
    }
    this.#state = 'ended';
    this.#welcomed.reject(new LaunchFailure(`host ${this.#remote.host.name}: given up`, ExitCode.LAUNCH));
    void this.#channel?.close();
    await this.#connection.close(!this.#lostForGood);
  }
}
