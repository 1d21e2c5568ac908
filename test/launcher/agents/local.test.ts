import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AgentEvent, RankPlan } from '../../../launcher/agents/agent.ts';
import { LocalAgent } from '../../../launcher/agents/local.ts';
import { CONTROL_PROTOCOL } from '../../../src/contract/control.ts';

function plan(rank: number, workingDirectory: string): RankPlan {
  const place = { rank, size: 3, localRank: rank, localSize: 3, host: 'here' };
  const identity = { job: '', secret: '', epoch: 0, version: '', transport: 'unix', listen: '' } as const;
  const start = { type: 'start', protocol: CONTROL_PROTOCOL, ...place, ...identity } as const;
  return { rank, nodeOptions: [], args: [], env: {}, workingDirectory, input: false, start };
}

test('a rank that the system refuses to start is the first to be reported, and no other is tried', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'agent-'));
  const agent = new LocalAgent(folder);
  const events: AgentEvent[] = [];
  const refused = new Promise<void>((resolve) => {
    agent.onEvent = (event) => {
      events.push(event);
      if ('rank' in event && event.rank === 2) resolve();
    };
  });
  agent.send({ type: 'spawn', plans: [0, 1, 2].map((rank) => plan(rank, '/no/such/folder')) });
  await refused;
  const reason = 'The system refused to start the process: no such file or directory';
  expect(events).toEqual([0, 1, 2].map((rank) => ({ type: 'unspawned', rank, reason })));
  await agent.close();
  expect(existsSync(folder)).toBe(false);
});
