import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type ByteStreams, Channel } from '../../../launcher/agents/channel.ts';
import { AGENT_PROTOCOL, type FromAgent, type RemoteOptions, type ToAgent } from '../../../launcher/agents/protocol.ts';
import { type ServeOptions, serveAgent } from '../../../launcher/agents/serve.ts';
import { ExitCode } from '../../../launcher/failure.ts';
import { packageVersion } from '../../../launcher/version.ts';
import { FakeAgent, host, type Joined, joined, OPTIONS, pair } from './connected.ts';
import { alive, rankThatRuns } from './ranks.ts';

async function serving(options: ServeOptions = {}) {
  const pair = joined();
  const end = serveAgent(pair.there, options);
  const [welcome] = await pair.remote.welcomes;
  // A made-up agent removes nothing.
  onTestFinished(() => rmSync(welcome!.workspace, { recursive: true, force: true }));
  return { ...pair, end, welcome: welcome! };
}

/** The launcher's end, spoken by hand. */
function launcher(streams: ByteStreams, init: Partial<Extract<ToAgent, { type: 'init' }>> = {}) {
  const heard: FromAgent[] = [];
  const channel = new Channel<FromAgent, ToAgent>(streams, { message: (m) => heard.push(m), ended: () => {} });
  const common = { protocol: AGENT_PROTOCOL, version: packageVersion(), host: host('b', [0]), children: [] };
  channel.send({ type: 'init', ...common, options: OPTIONS, ...init });
  return { heard, channel };
}

test('an agent introduces its host', async () => {
  const { welcome, remote, end } = await serving();
  expect(welcome).toMatchObject({ hostname: hostname(), pid: process.pid, node: process.versions.node });
  expect(statSync(welcome.workspace).mode & 0o777).toBe(0o700);
  await remote.close();
  expect(await end).toEqual({ type: 'closed' });
  expect(existsSync(welcome.workspace)).toBe(false);
});

test('its address is that of its connection, or of the interface that was asked for', async () => {
  const { welcome, remote } = await serving({ address: '10.9.8.7' });
  expect(welcome.address).toBe('10.9.8.7');
  await remote.close();
  const asked = joined(host('b', [0]), [], { ...OPTIONS, interface: '127.0.0.0/8' });
  const end = serveAgent(asked.there, { address: '10.9.8.7' });
  expect((await asked.remote.welcomes)[0]!.address).toBe('127.0.0.1');
  await asked.remote.close();
  await end;
});

test('an interface that is not there is a failure of this host', async () => {
  const { remote, there } = joined(host('b', [0]), [], { ...OPTIONS, interface: 'eth77' });
  const end = serveAgent(there);
  await expect(remote.welcomes).rejects.toEqual(
    expect.objectContaining({
      message: expect.stringMatching(/^host b: there is no interface eth77/),
      exitCode: ExitCode.LAUNCH,
    }),
  );
  expect((await end).type).toBe('failed');
});

test.each([{ version: '0.0.1' }, { protocol: AGENT_PROTOCOL + 1 }])('another launcher is refused: %o', async (init) => {
  const [here, there] = pair();
  const { heard } = launcher(here, init);
  expect((await serveAgent(there)).type).toBe('failed');
  expect(heard).toEqual([{ type: 'refused', protocol: AGENT_PROTOCOL, version: packageVersion() }]);
});

test('the environment that is passed on is that of the ranks', async () => {
  const options: RemoteOptions = { ...OPTIONS, env: { TSMPI_PASSED_ON: 'yes' } };
  const { remote, there, event } = joined(host('b', [0]), [], options);
  const end = serveAgent(there);
  try {
    await remote.welcomes;
    const output = event('output');
    remote.send({ type: 'spawn', plans: [rankThatRuns(0, 'console.log(process.env.TSMPI_PASSED_ON)')] });
    expect(Buffer.from((await output).data).toString()).toBe('yes\n');
  } finally {
    delete process.env.TSMPI_PASSED_ON;
    await remote.close();
    await end;
  }
});

test('files, input, output and ends of ranks pass', async () => {
  const { remote, welcome, events, event, end } = await serving();
  remote.send({ type: 'file', name: 'p0/deep/text', data: Buffer.from('here') });
  const copy = 'process.stdin.pipe(process.stdout); process.stderr.write("no newline")';
  remote.send({ type: 'spawn', plans: [{ ...rankThatRuns(1, copy), input: true }] });
  const closed = event('closed');
  remote.send({ type: 'input', rank: 1, data: Buffer.from('in\n') });
  remote.send({ type: 'input', rank: 1, data: null });
  await closed;
  expect(readFileSync(join(welcome.workspace, 'p0/deep/text'), 'utf8')).toBe('here');
  const outputs = events.filter((one) => one.type === 'output').map((one) => [one.stream, String(one.data)]);
  expect(outputs).toContainEqual(['stdout', 'in\n']);
  expect(outputs).toContainEqual(['stderr', 'no newline']);
  const kinds = events.map(({ type }) => type).filter((type) => type !== 'output');
  expect(kinds).toEqual(['spawned', 'input', 'input', 'exited', 'closed']);
  await remote.close();
  await end;
});

describe('when the launcher is gone', () => {
  const forever = rankThatRuns(0, 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)');

  async function withRank(options: ServeOptions = {}) {
    const session = await serving(options);
    const spawned = session.event('spawned');
    session.remote.send({ type: 'spawn', plans: [forever] });
    return { ...session, pid: (await spawned).pid };
  }

  test.each<[string, (session: Pick<Joined, 'here' | 'there'>) => void]>([
    ['its stream ends', ({ here }) => here.writable.end()],
    ['its stream breaks', ({ there }) => there.readable.destroy(new Error('reset'))],
    ['it talks nonsense', ({ here }) => here.writable.write(Buffer.alloc(100, 0xff))],
  ])('%s: the ranks are killed and the folder is removed', async (_, cut) => {
    const { here, there, pid, welcome, end } = await withRank();
    cut({ here, there });
    expect((await end).type).toBe('lost');
    expect(alive(pid)).toBe(false);
    expect(existsSync(welcome.workspace)).toBe(false);
  });

  test('also while nobody reads what the ranks print', async () => {
    const { here, remote, event, welcome, end } = await serving();
    const spawned = event('spawned');
    remote.send({ type: 'spawn', plans: [rankThatRuns(0, 'for (;;) require("fs").writeSync(1, "x".repeat(1e5))')] });
    const { pid } = await spawned;
    remote.send({ type: 'flow', paused: true });
    here.writable.end();
    expect((await end).type).toBe('lost');
    expect(alive(pid)).toBe(false);
    expect(existsSync(welcome.workspace)).toBe(false);
  });

  test('a signal to the agent does the same', async () => {
    const stop = new AbortController();
    const { pid, end, event } = await withRank({ signal: stop.signal });
    const gone = event('gone');
    stop.abort();
    expect(await end).toEqual({ type: 'lost', reason: 'told to end' });
    expect(alive(pid)).toBe(false);
    expect((await gone).reason).toBe('its agent ended without a word');
  });

  test('while the agent finds its address, no folder is made any more', async () => {
    const [here, there] = pair();
    let folders = 0;
    const createAgent = (): FakeAgent => {
      folders++;
      return new FakeAgent();
    };
    // A look at the system's routes, which takes a turn of the event loop.
    vi.stubEnv('SLURM_LAUNCH_NODE_IPADDR', '127.0.0.1');
    const end = serveAgent(there, { createAgent });
    launcher(here);
    here.writable.end();
    expect((await end).type).toBe('lost');
    vi.unstubAllEnvs();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(folders).toBe(0);
  });

  test('before it has said a word, there is nothing to clean', async () => {
    const { here, there } = joined();
    const end = serveAgent(there);
    here.writable.end();
    expect((await end).type).toBe('lost');
  });
});

test('an agent of another make gets the commands and its events are passed on', async () => {
  const agent = new FakeAgent();
  const folders: string[] = [];
  const createAgent = (folder: string) => {
    folders.push(folder);
    return agent;
  };
  const { remote, welcome, event, end } = await serving({ createAgent });
  expect(folders).toEqual([welcome.workspace]);
  const signalled = event('signalled');
  agent.onEvent({ type: 'signalled', signal: 'SIGINT' });
  expect((await signalled).signal).toBe('SIGINT');
  remote.send({ type: 'ended', exitCode: 3 });
  await remote.close();
  await end;
  expect(agent.commands).toEqual([{ type: 'ended', exitCode: 3 }]);
  expect(agent.closings).toBe(1);
});

describe('a launcher that does not read', () => {
  test('slows the ranks down, and nothing piles up', async () => {
    const agent = new FakeAgent();
    const { here, there, remote, end } = await serving({ createAgent: () => agent });
    here.readable.pause();
    const flows = (): boolean[] => agent.commands.flatMap((one) => (one.type === 'flow' ? [one.paused] : []));
    const print = (): void => agent.onEvent({ type: 'output', rank: 0, stream: 'stdout', data: new Uint8Array(1000) });
    for (let i = 0; i < 1000 && flows().length === 0; i++) {
      print();
      await new Promise(setImmediate);
    }
    expect(flows()).toEqual([true]);
    print();
    // Once is enough, and the launcher's own wishes are kept.
    remote.send({ type: 'flow', paused: true });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(flows()).toEqual([true]);
    const drained = new Promise((resolve) => there.writable.once('drain', resolve));
    here.readable.resume();
    await drained;
    expect(flows()).toEqual([true]);
    remote.send({ type: 'flow', paused: false });
    await remote.close();
    await end;
    expect(flows()).toEqual([true, false]);
  });
});

test('when a host behind it cannot be reached, that one is named, and who was to start it', async () => {
  const { remote, there } = joined(host('b', [0]), [host('c', [1])]);
  const starterFor = () => ({ command: ['/no/such/program'], explain: () => undefined });
  const end = serveAgent(there, { starterFor });
  await expect(remote.welcomes).rejects.toEqual(
    expect.objectContaining({
      message: 'host c: cannot start /no/such/program: no such file or directory (host b was to start its agent)',
      exitCode: ExitCode.LAUNCH,
    }),
  );
  expect((await end).type).toBe('failed');
});
