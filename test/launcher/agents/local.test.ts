import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AgentEvent } from '../../../launcher/agents/agent.ts';
import { LocalAgent } from '../../../launcher/agents/local.ts';
import { rankThatRuns } from './ranks.ts';

let folder: string;
let agent: LocalAgent;
let events: AgentEvent[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-'));
  agent = new LocalAgent(folder);
  events = [];
  agent.onEvent = (event) => events.push(event);
});

afterEach(() => agent.close());

/** Resolves with the first event of this type and rank. */
function event(type: AgentEvent['type'], rank: number): Promise<void> {
  return new Promise((resolve) => {
    agent.onEvent = (one) => {
      events.push(one);
      if (one.type === type && 'rank' in one && one.rank === rank) resolve();
    };
  });
}

test('a rank whose working directory is not there is not started, and no other is tried', () => {
  const plans = [0, 1, 2].map((rank) => rankThatRuns(rank, '', { workingDirectory: '/no/such/folder' }));
  agent.send({ type: 'spawn', plans });
  const reason =
    "The working directory /no/such/folder is not there; --wdir names another one, --sync ships the script's folder";
  expect(events).toEqual([0, 1, 2].map((rank) => ({ type: 'unspawned', rank, reason })));
});

test('a rank that the system refuses to start is the first to be reported, and no other is tried', async () => {
  const refused = event('unspawned', 2);
  // Longer than any system takes (E2BIG).
  const env = { LONG: 'x'.repeat(2 ** 22) };
  agent.send({ type: 'spawn', plans: [0, 1, 2].map((rank) => rankThatRuns(rank, '', { env })) });
  await refused;
  const reason = 'The system refused to start the process: argument list too long';
  expect(events).toEqual([0, 1, 2].map((rank) => ({ type: 'unspawned', rank, reason })));
});

test('the folder goes with the agent', async () => {
  await agent.close();
  expect(existsSync(folder)).toBe(false);
});

test('files are written below the folder, with folders of their own', () => {
  agent.send({ type: 'file', name: 'p0/maps/x.map', data: Buffer.from('{}') });
  agent.send({ type: 'file', name: 'p0/../y', data: Buffer.from('y') });
  expect(readFileSync(join(folder, 'p0/maps/x.map'), 'utf8')).toBe('{}');
  expect(readFileSync(join(folder, 'y'), 'utf8')).toBe('y');
});

test.each(['../x', 'a/../../x', '/tmp/x', '..', '', 'a/..'])('the name %j leads out of the folder', (name) => {
  expect(() => agent.send({ type: 'file', name, data: new Uint8Array() })).toThrow('a file outside of the folder');
});

test('a file that cannot be written keeps the ranks from starting', () => {
  agent.send({ type: 'file', name: 'x', data: new Uint8Array() });
  // Also root cannot make a folder of a file.
  agent.send({ type: 'file', name: 'x/y', data: new Uint8Array() });
  agent.send({ type: 'spawn', plans: [rankThatRuns(0, '')] });
  const reason = expect.stringMatching(/^The folder of the job cannot be written: .*\/x\/y: /);
  expect(events).toEqual([{ type: 'unspawned', rank: 0, reason }]);
});

test('a message for several ranks reaches each of them', async () => {
  // The control channel is the file descriptor 3; the first line is `start`.
  const code =
    'const fs = require("fs"); let text = ""; const buffer = Buffer.alloc(9999);' +
    'while (!text.includes("bye")) text += buffer.toString("utf8", 0, fs.readSync(3, buffer));';
  const closed = Promise.all(
    [0, 1].map(
      (rank) =>
        new Promise<void>((resolve) => {
          const next = agent.onEvent;
          agent.onEvent = (one) => {
            next(one);
            if (one.type === 'closed' && one.rank === rank) resolve();
          };
        }),
    ),
  );
  agent.send({ type: 'spawn', plans: [0, 1].map((rank) => rankThatRuns(rank, code)) });
  agent.send({ type: 'control', ranks: [0, 1], message: { type: 'bye', from: [2] } });
  await closed;
  const exits = events.filter(({ type }) => type === 'exited');
  expect(exits).toHaveLength(2);
  for (const exit of exits) expect(exit).toMatchObject({ code: 0 });
});
