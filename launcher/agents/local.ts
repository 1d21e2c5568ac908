/** The agent of the machine that it runs on: in the launcher's own process for the launcher's host, in one of its own elsewhere. */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { invariant } from '../../src/base/invariant.ts';
import { packageRoot } from '../bundle/library.ts';
import { systemReason } from '../io/system-reason.ts';
import type { Agent, AgentCommand, AgentEvent, RankPlan } from './agent.ts';
import { Guard } from './guard.ts';
import { RankProcess, refusal } from './rank-process.ts';

/** After the last kill, a stream that somebody outside the ranks' groups holds open is not waited for longer than this. */
const LAST_WORDS = 300;

export class LocalAgent implements Agent {
  onEvent: (event: AgentEvent) => void = () => {};
  readonly #directory: string;
  /** Of this package, which may itself run from its sources. */
  readonly #rankMain = join(packageRoot(), 'dist/launcher/rank-main.js');
  readonly #guard: Guard;
  readonly #ranks = new Map<number, RankProcess>();
  #paused = false;
  #closed: Promise<void> | undefined;
  /** Why ranks that are yet to come cannot be started either. */
  #impossible: string | undefined;

  /** @param directory - removed when the agent ends, whatever ends it. */
  constructor(directory: string) {
    this.#directory = directory;
    this.#guard = new Guard(directory);
  }

  send(command: AgentCommand): void {
    switch (command.type) {
      case 'file':
        this.#write(command.name, command.data);
        break;
      case 'spawn':
        for (const plan of command.plans) this.#spawn(plan);
        break;
      case 'control':
        for (const rank of command.ranks) this.#ranks.get(rank)?.control(command.message);
        break;
      case 'signal':
        for (const rank of command.ranks) this.#ranks.get(rank)?.signal(command.signal);
        break;
      case 'input':
        this.#ranks.get(command.rank)?.input(command.data);
        break;
      case 'flow':
        this.#paused = command.paused;
        for (const rank of this.#ranks.values()) rank.flow(command.paused);
        break;
      case 'ended':
        break;
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    this.#impossible = 'The job is over';
    const ranks = [...this.#ranks.values()];
    for (const rank of ranks) rank.signal('SIGKILL');
    const all = Promise.all(ranks.map((rank) => rank.closed)).then(() => true);
    while (!(await Promise.race([all, after(LAST_WORDS)])) && this.#paused);
    for (const rank of ranks) rank.letGo();
    await this.#guard.dismiss();
  }

  /** A disk that is full keeps the ranks from starting, not from being reported. */
  #write(name: string, data: Uint8Array): void {
    const relative = normalize(name);
    invariant(
      !/^(?:\.\.)?(?:\/|$)/.test(relative) && relative !== '.',
      'a file outside of the folder of the job',
      name,
    );
    const path = join(this.#directory, relative);
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, data);
    } catch (error) {
      this.#impossible ??= `The folder of the job cannot be written: ${path}: ${systemReason(error)}`;
    }
  }

  /** When the system refuses one, it is not asked for more. */
  #spawn(plan: RankPlan): void {
    const refuse = (reason: string): void => {
      this.#impossible ??= reason;
      this.onEvent({ type: 'unspawned', rank: plan.rank, reason });
    };
    const reason = this.#impossible ?? missing(plan.workingDirectory);
    if (reason !== undefined) return refuse(reason);
    try {
      const rank = new RankProcess(plan, this.#rankMain, this.#guard, (event) => {
        if (event.type === 'unspawned') refuse(event.reason);
        else this.onEvent(event);
      });
      this.#ranks.set(plan.rank, rank);
    } catch (error) {
      refuse(refusal(error));
    }
  }
}

/** Node would say of a working directory that is not there that its own program is not. */
function missing(directory: string): string | undefined {
  try {
    if (statSync(directory).isDirectory()) return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') return `The working directory ${directory}: ${systemReason(error)}`;
  }
  return `The working directory ${directory} is not there; --wdir names another one, --sync ships the script's folder`;
}

function after(milliseconds: number): Promise<false> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, false));
}
