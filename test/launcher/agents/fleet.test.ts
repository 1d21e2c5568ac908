import { expect, test } from 'vitest';
import type { AgentCommand, AgentEvent } from '../../../launcher/agents/agent.ts';
import { Fleet } from '../../../launcher/agents/fleet.ts';
import { FakeAgent } from './connected.ts';

function fleet() {
  const [a, b, c] = [new FakeAgent(), new FakeAgent(), new FakeAgent()];
  const members = [
    { agent: a, ranks: [0, 3] },
    { agent: b, ranks: [1, 2] },
    { agent: c, ranks: [] },
  ];
  return { all: [a, b, c] as const, fleet: new Fleet(members) };
}

const said = (all: readonly FakeAgent[]): AgentCommand[][] => all.map(({ commands }) => commands);

test('a command for ranks goes to the agents of these ranks, once each, in order', () => {
  const { all, fleet: agent } = fleet();
  agent.send({ type: 'signal', ranks: [3, 2, 0, 7], signal: 'SIGTERM' });
  agent.send({ type: 'control', ranks: [1], message: { type: 'bye', from: [0] } });
  agent.send({ type: 'input', rank: 3, data: null });
  expect(said(all)).toEqual([
    [
      { type: 'signal', ranks: [3, 0], signal: 'SIGTERM' },
      { type: 'input', rank: 3, data: null },
    ],
    [
      { type: 'signal', ranks: [2], signal: 'SIGTERM' },
      { type: 'control', ranks: [1], message: { type: 'bye', from: [0] } },
    ],
    [],
  ]);
});

test('what concerns the job goes to everybody', async () => {
  const { all, fleet: agent } = fleet();
  const commands: AgentCommand[] = [
    { type: 'file', name: 'a', data: Uint8Array.of(1) },
    { type: 'flow', paused: true },
    { type: 'ended', exitCode: 3 },
  ];
  for (const command of commands) agent.send(command);
  agent.suspend();
  await agent.close();
  expect(said(all)).toEqual([commands, commands, commands]);
  expect(all.map(({ suspensions, closings }) => [suspensions, closings])).toEqual([
    [1, 1],
    [1, 1],
    [1, 1],
  ]);
});

test('what agents say comes together', () => {
  const { all, fleet: agent } = fleet();
  const events: AgentEvent[] = [];
  agent.onEvent = (event) => events.push(event);
  all[1].onEvent({ type: 'closed', rank: 1 });
  all[0].onEvent({ type: 'closed', rank: 0 });
  expect(events).toEqual([
    { type: 'closed', rank: 1 },
    { type: 'closed', rank: 0 },
  ]);
});
