import { expect, test } from 'vitest';
import type { Agent, AgentCommand } from '../../../launcher/agents/agent.ts';
import { Messenger } from '../../../launcher/supervise/messenger.ts';

class Recorder implements Agent {
  readonly sent: AgentCommand[] = [];
  onEvent = (): void => {};
  send(command: AgentCommand): void {
    this.sent.push(command);
  }
  async close(): Promise<void> {}
}

const hello = (rank: number) =>
  ({ type: 'hello', protocol: 2, version: '', pid: 1, local: `l${rank}`, remote: `r${rank}` }) as const;

test('addresses go out once, to everybody, with the last hello', () => {
  const agent = new Recorder();
  const messenger = new Messenger(agent, 3);
  for (const rank of [2, 0]) messenger.hello(rank, hello(rank));
  messenger.hello(0, hello(0));
  expect(agent.sent).toEqual([]);
  expect([0, 1, 2].map((rank) => messenger.knows(rank))).toEqual([true, false, true]);
  messenger.hello(1, hello(1));
  const message = { type: 'peers', local: ['l0', 'l1', 'l2'], remote: ['r0', 'r1', 'r2'] };
  expect(agent.sent).toEqual([{ type: 'control', ranks: [0, 1, 2], message }]);
});

test('good-byes said together arrive together', async () => {
  const agent = new Recorder();
  const messenger = new Messenger(agent, 3);
  messenger.bye(0, [1, 2]);
  messenger.bye(1, [2]);
  await expect.poll(() => agent.sent.length).toBe(2);
  expect(agent.sent).toEqual([
    { type: 'control', ranks: [1], message: { type: 'bye', from: [0] } },
    { type: 'control', ranks: [2], message: { type: 'bye', from: [0, 1] } },
  ]);
  messenger.close();
});
