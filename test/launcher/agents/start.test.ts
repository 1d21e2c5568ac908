import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { AgentEvent } from '../../../launcher/agents/agent.ts';
import type { RemoteAgent } from '../../../launcher/agents/remote.ts';
import { sshStarter } from '../../../launcher/agents/ssh.ts';
import { type Starter, startAgent } from '../../../launcher/agents/start.ts';
import { Archive } from '../../../launcher/agents/sync.ts';
import { ExitCode, LaunchFailure } from '../../../launcher/failure.ts';
import { host, OPTIONS } from './connected.ts';
import { farStarter } from './far.ts';
import { alive, rankThatRuns } from './ranks.ts';

const agents: RemoteAgent[] = [];
const folders: string[] = [];
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(agents.splice(0).map((agent) => agent.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function temporary(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'start-')));
  folders.push(folder);
  return folder;
}

/** @param settings - those of fake-ssh.js, without their prefix. */
function reach(settings: Record<string, string> = {}, changes: Partial<Starter> = {}, archive?: Archive): RemoteAgent {
  const starter = { ...farStarter('b', settings), ...changes };
  const agent = startAgent(starter, { host: host('b', [0]), children: [], options: OPTIONS }, { archive });
  agents.push(agent);
  return agent;
}

async function reason(agent: RemoteAgent): Promise<string> {
  const failure: unknown = await agent.welcomes.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(LaunchFailure);
  expect((failure as LaunchFailure).exitCode).toBe(ExitCode.LAUNCH);
  return (failure as LaunchFailure).message;
}

/** A rank that notices nothing but SIGKILL, and its process. */
async function busyRank(agent: RemoteAgent): Promise<number> {
  const spawned = new Promise<number>((resolve) => {
    agent.onEvent = (event) => event.type === 'spawned' && resolve(event.pid);
  });
  agent.send({ type: 'spawn', plans: [rankThatRuns(0, 'for (;;);')] });
  return spawned;
}

const goneOf = (agent: RemoteAgent): Promise<Extract<AgentEvent, { type: 'gone' }>> =>
  new Promise((resolve) => {
    agent.onEvent = (event) => event.type === 'gone' && resolve(event);
  });

async function until(done: () => boolean): Promise<void> {
  for (let i = 0; !done(); i++) {
    expect(i, 'waited in vain').toBeLessThan(500);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const SHELLS = ['sh', 'bash', 'dash', 'zsh', 'ksh', 'tcsh', 'fish', 'busybox sh'];

describe.each(SHELLS)('a login shell %s', (shell) => {
  const [program = ''] = shell.split(' ');
  const there = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
  // Not every machine has every shell; sh and bash are there where this is developed.
  test.skipIf(!there)('leads to the agent', async () => {
    const agent = reach({ SHELL: shell });
    const [welcome] = await agent.welcomes;
    expect(welcome!.node).toBe(process.versions.node);
    expect(existsSync(welcome!.workspace)).toBe(true);
    await agent.close();
    expect(existsSync(welcome!.workspace)).toBe(false);
    expect(alive(welcome!.pid)).toBe(false);
  });
});

test('what start-up files print is passed over', async () => {
  const noise =
    'echo tsmpi-agent; head -c 500000 /dev/zero | tr "\\\\0" x; echo; echo "Last login"; printf "no newline"';
  expect(await reach({ START: noise }).welcomes).toHaveLength(1);
});

test('start-up files that print without end are given up', async () => {
  expect(await reason(reach({ START: 'yes' }))).toBe(
    'host b: its start-up files print without end where there is no terminal',
  );
});

describe('no agent comes of it:', () => {
  test('a login that is refused', async () => {
    const text = await reason(reach({ START: 'echo "This account is currently not available."; exit 1' }));
    expect(text).toBe('host b: node: This account is currently not available.');
  });

  test('a login that says nothing', async () => {
    const text = await reason(reach({ START: 'exit 3' }));
    expect(text).toMatch(/^host b: .*node ended with code 3 before there was an agent$/);
  });

  test('a login that hangs', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const agent = reach({ START: 'echo checking quota >&2; cat >/dev/null' });
    const text = reason(agent);
    vi.advanceTimersByTime(15_000);
    vi.useRealTimers();
    expect(await text).toMatch(/^host b: no answer after 15 s/);
  });

  test('a program that is not there', async () => {
    const changes = sshStarter({ ssh: ['/no/such/ssh'], connectTimeout: 5000 })('b');
    expect(await reason(reach({}, changes))).toBe(
      'host b: there is no command /no/such/ssh; install an ssh client, or name one with --ssh',
    );
  });

  test('no Node.js', async () => {
    const bin = temporary();
    symlinkSync('/bin/sh', join(bin, 'sh'));
    // The path of the launcher's Node is the first line; the shell program reads no further before it has found one.
    const start = `{ read -r node; echo /no/such/node; exec cat; } | PATH=${bin} /bin/sh -c "$1"; exit`;
    expect(await reason(reach({ START: start }))).toBe(
      `host b: there is no Node.js, neither ${process.execPath} nor one in a login's PATH (${bin})`,
    );
  });

  test('an old Node.js', async () => {
    const folder = temporary();
    const pretend = `const { versions } = process; Object.defineProperty(process, 'versions', { value: { ...versions, node: '18.20.4' } });`;
    writeFileSync(join(folder, 'old.cjs'), pretend);
    const text = await reason(reach({ OPTIONS: `--require=${join(folder, 'old.cjs')}` }));
    expect(text).toBe('host b: Node.js 18.20.4 is there; tsmpi needs 20.19 or newer');
  });

  test('no tsmpi', async () => {
    const text = await reason(reach({}, { main: '/no/such/agent-main.js' }));
    expect(text).toMatch(/^host b: there is no tsmpi in .*: install it there, or let --sync ship the script's folder$/);
  });

  test('a program of the agent that fails', async () => {
    const main = join(temporary(), 'main.mjs');
    writeFileSync(main, 'throw new TypeError("broken installation")');
    expect(await reason(reach({}, { main }))).toBe('host b: TypeError: broken installation');
  });

  test('a program that talks of something else', async () => {
    const main = join(temporary(), 'main.mjs');
    writeFileSync(main, 'console.log("Hello, world, from somebody else."); process.stdin.resume()');
    expect(await reason(reach({}, { main }))).toBe('host b: it sent something that is no message');
  });

  test.each([0, 1, 14, 15, 16, 17, 20, 30, 31, 32, 33, 40, 90])(
    'a connection that breaks after %i bytes',
    async (cut) => {
      const text = await reason(reach({ CUT: String(cut) }));
      expect(text).toBe('host b: node: client_loop: send disconnect: Broken pipe');
    },
  );
});

describe('an agent that serves', () => {
  test('and is killed is gone; its guard ends the ranks and removes the folder', async () => {
    const agent = reach();
    const [welcome] = await agent.welcomes;
    const pid = await busyRank(agent);
    const gone = goneOf(agent);
    process.kill(welcome!.pid, 'SIGKILL');
    expect(await gone).toMatchObject({ host: 'b', ranks: [0] });
    await until(() => !alive(pid) && !existsSync(welcome!.workspace));
  });

  test.each(['SIGHUP', 'SIGTERM'] as const)('and gets %s takes its ranks with it', async (signal) => {
    const agent = reach();
    const [welcome] = await agent.welcomes;
    const pid = await busyRank(agent);
    const gone = goneOf(agent);
    process.kill(welcome!.pid, signal);
    await gone;
    await until(() => !alive(pid) && !alive(welcome!.pid) && !existsSync(welcome!.workspace));
  });

  test('ends with the connection, and leaves nothing', async () => {
    const agent = reach();
    const [welcome] = await agent.welcomes;
    const pid = await busyRank(agent);
    const gone = goneOf(agent);
    const ssh = Number(spawnSync('ps', ['-o', 'ppid=', '-p', String(welcome!.pid)]).stdout.toString());
    process.kill(ssh, 'SIGKILL');
    expect((await gone).reason).toMatch(/node was killed by SIGKILL$/);
    await until(() => !alive(pid) && !alive(welcome!.pid) && !existsSync(welcome!.workspace));
  });
});

describe('--sync', () => {
  const project = (): string => {
    const folder = temporary();
    mkdirSync(join(folder, '.git'));
    writeFileSync(join(folder, '.git/config'), 'private');
    writeFileSync(join(folder, 'odd name.ts'), 'export {}');
    writeFileSync(join(folder, 'big'), Buffer.alloc(3_000_000, Math.random().toString()));
    return folder;
  };

  test('ships the folder to where it is on this host, without .git, before the agent begins', async () => {
    const folder = project();
    const archive = new Archive(folder);
    await archive.open();
    // Behind this login the folder is gone.
    const agent = reach({ START: `rm -rf '${folder}'` }, {}, archive);
    await agent.welcomes;
    archive.close();
    expect(readFileSync(join(folder, 'odd name.ts'), 'utf8')).toBe('export {}');
    expect(readFileSync(join(folder, 'big'))).toHaveLength(3_000_000);
    expect(existsSync(join(folder, '.git'))).toBe(false);
  });

  test('ships nothing where the folder comes from the same disk', async () => {
    const folder = project();
    const archive = new Archive(folder);
    const open = vi.spyOn(archive, 'open');
    await reach({}, {}, archive).welcomes;
    expect(open).not.toHaveBeenCalled();
  });

  test('says what tar says', async () => {
    const folder = project();
    const archive = new Archive(folder);
    await archive.open();
    const bin = temporary();
    const tar =
      '#!/bin/sh\nhead -c 100 >/dev/null; echo "tar: big: Cannot write: No space left on device" >&2; exit 2\n';
    writeFileSync(join(bin, 'tar'), tar, { mode: 0o755 });
    const text = await reason(reach({ START: `rm -rf '${folder}'; PATH="${bin}:$PATH"` }, {}, archive));
    archive.close();
    expect(text).toBe(
      'host b: cannot unpack the folder that --sync ships: tar: big: Cannot write: No space left on device',
    );
  });

  test('a folder that cannot be packed is a failure', async () => {
    const folder = project();
    const archive = new Archive(folder);
    const text = await reason(reach({ START: `rm -rf '${folder}'` }, {}, archive));
    expect(text).toMatch(new RegExp(`^--sync: cannot pack ${folder}: tar: `));
    archive.close();
  });

  test('nobody means to ship a whole disk', () => {
    expect(() => new Archive('/')).toThrow(expect.objectContaining({ exitCode: ExitCode.USAGE }));
  });
});
