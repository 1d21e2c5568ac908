/** The agent of this machine, in the launcher's own process. */
import { fileURLToPath } from 'node:url';
import type { Agent, AgentCommand, AgentEvent, RankPlan } from './agent.ts';
import { Guard } from './guard.ts';
import { RankProcess, refusal } from './rank-process.ts';

/** After the last kill, a stream that somebody outside the ranks' groups holds open is not waited for longer than this. */
const LAST_WORDS = 300;

const RANK_MAIN = fileURLToPath(new URL('../rank-main.js', import.meta.url));

export class LocalAgent implements Agent {
  onEvent: (event: AgentEvent) => void = () => {};
  readonly #guard: Guard;
  readonly #ranks = new Map<number, RankProcess>();
  #paused = false;

  /** @param directory - removed when the agent ends, whatever ends it. */
  constructor(directory: string) {
    this.#guard = new Guard(directory);
  }

  send(command: AgentCommand): void {
    switch (command.type) {
      case 'spawn':
        this.#spawn(command.plans);
        break;
      case 'control':
        this.#ranks.get(command.rank)?.control(command.message);
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
    }
  }

  async close(): Promise<void> {
    const ranks = [...this.#ranks.values()];
    for (const rank of ranks) rank.signal('SIGKILL');
    const all = Promise.all(ranks.map((rank) => rank.closed)).then(() => true);
    while (!(await Promise.race([all, after(LAST_WORDS)])) && this.#paused);
    for (const rank of ranks) rank.letGo();
    await this.#guard.dismiss();
  }

  /** All of them; when the system refuses one, it is not asked for more. */
  #spawn(plans: readonly RankPlan[]): void {
    for (const [index, plan] of plans.entries()) {
      const refused = (event: Extract<AgentEvent, { type: 'unspawned' }>): void => {
        this.onEvent(event);
        for (const { rank } of plans.slice(index + 1)) this.onEvent({ ...event, rank });
      };
      try {
        const rank = new RankProcess(plan, RANK_MAIN, this.#guard, (event) => {
          if (event.type === 'unspawned') refused(event);
          else this.onEvent(event);
        });
        this.#ranks.set(plan.rank, rank);
        if (!rank.started) return;
      } catch (error) {
        return refused({ type: 'unspawned', rank: plan.rank, reason: refusal(error) });
      }
    }
  }
}

function after(milliseconds: number): Promise<false> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, false));
}
