import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AgentCommand, AgentEvent, AgentWelcome } from '../../../launcher/agents/agent.ts';
import { Channel } from '../../../launcher/agents/channel.ts';
import { TICK } from '../../../launcher/agents/heartbeat.ts';
import { AGENT_PROTOCOL, type FromAgent, type ToAgent } from '../../../launcher/agents/protocol.ts';
import { RemoteAgent } from '../../../launcher/agents/remote.ts';
import { ExitCode, LaunchFailure } from '../../../launcher/failure.ts';
import { packageVersion } from '../../../launcher/version.ts';
import { FakeConnection, host, joined, OPTIONS } from './connected.ts';

const WELCOME: AgentWelcome = { hostname: 'b', pid: 7, node: '20.19.0', workspace: '/tmp/x', address: '10.0.0.2' };

/** The agent's end, spoken by hand. */
function counterpart(there: ReturnType<typeof joined>['there']) {
  const heard: ToAgent[] = [];
  const ends: (string | undefined)[] = [];
  const waiting: (() => void)[] = [];
  const channel = new Channel<ToAgent, FromAgent>(there, {
    message(message) {
      heard.push(message);
      for (const look of waiting) look();
    },
    ended: (reason) => ends.push(reason),
  });
  const until = (done: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => void (done() && resolve());
      waiting.push(look);
      look();
    });
  return { channel, heard, ends, until };
}

async function serving() {
  const pair = joined();
  const agent = counterpart(pair.there);
  agent.channel.send({ type: 'welcome', welcomes: [WELCOME] });
  expect(await pair.remote.welcomes).toEqual([WELCOME]);
  return { ...pair, agent };
}

function launchFailure(message: string | RegExp): unknown {
  const text = typeof message === 'string' ? message : expect.stringMatching(message);
  return expect.objectContaining({ message: text, exitCode: ExitCode.LAUNCH });
}

test('the agent is told who is who before anything else', async () => {
  const { agent } = await serving();
  expect(agent.heard).toEqual([
    {
      type: 'init',
      protocol: AGENT_PROTOCOL,
      version: packageVersion(),
      host: host('b', [0, 1]),
      children: [],
      options: { ...OPTIONS, sync: undefined, interface: undefined },
    },
  ]);
});

const COMMANDS: AgentCommand[] = [
  { type: 'file', name: 'p0/script.mjs', data: Uint8Array.of(0, 10, 255) },
  { type: 'file', name: 'empty', data: new Uint8Array() },
  { type: 'control', ranks: [0, 1], message: { type: 'peers', local: ['unix:/a', ''], remote: ['', 'tcp:[::1]:5'] } },
  { type: 'signal', ranks: [1], signal: 'SIGTERM' },
  { type: 'input', rank: 0, data: Uint8Array.of(1) },
  { type: 'input', rank: 0, data: null },
  { type: 'flow', paused: true },
  { type: 'ended', exitCode: 4 },
];

const EVENTS: AgentEvent[] = [
  { type: 'spawned', rank: 0, pid: 5 },
  { type: 'unspawned', rank: 1, reason: 'no' },
  { type: 'control', rank: 0, message: { type: 'ready' } },
  { type: 'output', rank: 0, stream: 'stderr', data: Uint8Array.of(200, 10) },
  { type: 'output', rank: 0, stream: 'stdout', data: new Uint8Array() },
  { type: 'input', rank: 0, open: false },
  { type: 'exited', rank: 0, code: null, signal: 'SIGKILL', outOfMemory: false },
  { type: 'closed', rank: 0 },
  { type: 'gone', host: 'c', ranks: [2], reason: 'why' },
  { type: 'signalled', signal: 'SIGINT' },
  { type: 'unwritable', code: 'ENOSPC', reason: 'disk full' },
];

/** Bytes compared as bytes, whatever class they are of. */
const plain = (messages: readonly object[]): object[] =>
  messages.map((one) => ('data' in one && one.data instanceof Uint8Array ? { ...one, data: [...one.data] } : one));

test('commands and events arrive as they were given', async () => {
  const { remote, agent, events, event } = await serving();
  for (const command of COMMANDS) remote.send(command);
  await agent.until(() => agent.heard.length > COMMANDS.length);
  expect(plain(agent.heard.slice(1))).toEqual(plain(COMMANDS));
  const last = event('unwritable');
  for (const one of EVENTS) agent.channel.send(one);
  await last;
  expect(plain(events)).toEqual(plain(EVENTS));
});

test('commands that are given before the agent is there are passed on when it is', async () => {
  const { remote, there } = joined();
  for (const command of COMMANDS) remote.send(command);
  const agent = counterpart(there);
  await agent.until(() => agent.heard.length > 0);
  agent.channel.send({ type: 'welcome', welcomes: [WELCOME] });
  await agent.until(() => agent.heard.length > COMMANDS.length);
  expect(plain(agent.heard.slice(1))).toEqual(plain(COMMANDS));
});

describe('no agent comes of it', () => {
  test.each<[string, FromAgent, string]>([
    [
      'another version',
      { type: 'refused', protocol: AGENT_PROTOCOL, version: '9.9.9' },
      `host b: tsmpi 9.9.9 is there, this is ${packageVersion()}; install the same on both`,
    ],
    [
      'another protocol of the same version',
      { type: 'refused', protocol: 99, version: packageVersion() },
      `host b: tsmpi ${packageVersion()} is there, this is ${packageVersion()} (with protocol 99 and not ${AGENT_PROTOCOL}); install the same on both`,
    ],
    [
      'a failure there',
      { type: 'failed', message: 'host c: it is down', exitCode: ExitCode.LAUNCH },
      'host c: it is down',
    ],
  ])('%s', async (_, message, text) => {
    const { remote, there, connection } = joined();
    counterpart(there).channel.send(message);
    await expect(remote.welcomes).rejects.toEqual(launchFailure(text));
    await remote.close();
    expect(connection.closings).toBe(1);
  });

  test('the connection cannot be made', async () => {
    const failure = new LaunchFailure('host b: no', ExitCode.LAUNCH);
    const connection = new FakeConnection(Promise.reject(failure));
    const remote = new RemoteAgent(connection, { host: host('b', [0]), children: [], options: OPTIONS });
    await expect(remote.welcomes).rejects.toBe(failure);
    await remote.close();
    expect(connection.closings).toBe(1);
  });

  test('the stream ends; what the program said last is the reason', async () => {
    const { remote, there, connection } = joined();
    connection.words = 'ssh: Connection to b closed by remote host.';
    there.writable.end();
    await expect(remote.welcomes).rejects.toEqual(launchFailure(`host b: ${connection.words}`));
  });

  test('something else answers', async () => {
    const { remote, there } = joined();
    there.writable.write('HTTP/1.1 400 Bad Request\r\n');
    await expect(remote.welcomes).rejects.toEqual(launchFailure('host b: it sent something that is no message'));
  });

  test('it is given up while it is being connected', async () => {
    const connection = new FakeConnection(new Promise(() => {}));
    const remote = new RemoteAgent(connection, { host: host('b', [0]), children: [], options: OPTIONS });
    await remote.close();
    await expect(remote.welcomes).rejects.toEqual(launchFailure('host b: given up'));
    expect(connection.closings).toBe(1);
  });
});

describe('an agent that serves is gone', () => {
  test('when its stream ends', async () => {
    const { there, event, remote, connection } = await serving();
    const gone = event('gone');
    there.writable.end();
    expect(await gone).toEqual({ type: 'gone', host: 'b', ranks: [0, 1], reason: 'its agent ended without a word' });
    remote.send({ type: 'flow', paused: true });
    await remote.close();
    expect(connection.closings).toBe(1);
  });

  test('when it sends what is no message', async () => {
    const { there, event } = await serving();
    const gone = event('gone');
    there.writable.write(Buffer.alloc(8, 0xff));
    expect(await gone).toMatchObject({ reason: 'it sent something that is no message' });
  });

  test('with the ranks of the hosts behind it', async () => {
    const { remote, there, event } = joined(host('b', [2]), [host('c', [0]), host('d', [1])]);
    counterpart(there).channel.send({ type: 'welcome', welcomes: [WELCOME, WELCOME, WELCOME] });
    expect(await remote.welcomes).toHaveLength(3);
    const gone = event('gone');
    there.writable.end();
    expect(await gone).toMatchObject({ host: 'b', ranks: [0, 1, 2] });
  });
});

describe('closing', () => {
  test('waits for what the agent still has to say', async () => {
    const { remote, agent, events, connection } = await serving();
    const closed = remote.close();
    await agent.until(() => agent.heard.at(-1)?.type === 'close');
    agent.channel.send({ type: 'exited', rank: 0, code: null, signal: 'SIGKILL', outOfMemory: false });
    expect(connection.closings).toBe(0);
    agent.channel.send({ type: 'farewell' });
    await closed;
    expect(events.map(({ type }) => type)).toEqual(['exited']);
    expect(connection.closings).toBe(1);
    expect(remote.close()).toBe(closed);
  });

  test('ends when the agent does, and nobody is called gone', async () => {
    const { remote, agent, events, there } = await serving();
    const closed = remote.close();
    await agent.until(() => agent.heard.at(-1)?.type === 'close');
    there.writable.end();
    await closed;
    expect(events).toEqual([]);
  });
});

describe('signs of life', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
  afterEach(() => void vi.useRealTimers());

  /** Lets what has been written arrive. */
  const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

  async function ticks(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      vi.advanceTimersByTime(TICK);
      await settle();
    }
  }

  test('keep an idle connection as long as both sides are there', async () => {
    const { events, agent } = await serving();
    await ticks(30);
    expect([events, agent.ends]).toEqual([[], []]);
  });

  test('an agent that has fallen silent is gone, after four ticks', async () => {
    const { remote, there, events } = joined();
    const first = counterpart(there);
    first.channel.send({ type: 'welcome', welcomes: [WELCOME] });
    await remote.welcomes;
    // It is stopped: what it gets stays where it is.
    there.readable.pause();
    there.writable.cork();
    await ticks(4);
    expect(events).toEqual([]);
    await ticks(1);
    expect(events).toEqual([{ type: 'gone', host: 'b', ranks: [0, 1], reason: 'no sign of life for 6 s' }]);
  });

  test('before its first sign an agent has longer', async () => {
    const { remote } = joined();
    await settle();
    await ticks(20);
    let text = '';
    remote.welcomes.catch((error: Error) => (text = error.message));
    await settle();
    expect(text).toBe('');
    await ticks(1);
    expect(text).toBe('host b: no sign of life for 30 s');
  });

  test('a stopped launcher that has said so is waited for', async () => {
    const { remote, agent, here } = await serving();
    remote.suspend();
    await settle();
    here.writable.cork();
    await ticks(20);
    expect(agent.ends).toEqual([]);
    here.writable.uncork();
    await settle();
    // It has been heard again: from now on its silence counts.
    here.writable.cork();
    await ticks(5);
    expect(agent.ends).toEqual(['no sign of life for 6 s']);
  });

  test('a stream that nobody reads is not filled with them', async () => {
    const { agent, there, here } = await serving();
    here.readable.pause();
    agent.channel.send({ type: 'output', rank: 0, stream: 'stdout', data: new Uint8Array(2 ** 20) });
    await settle();
    const before = there.writable.writableLength;
    expect(before).toBeGreaterThan(0);
    await ticks(3);
    expect(there.writable.writableLength).toBe(before);
  });
});
