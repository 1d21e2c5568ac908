import { existsSync, mkdtempSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AgentEvent } from '../../../launcher/agents/agent.ts';
import { type StartedHosts, startAgents } from '../../../launcher/agents/hosts.ts';
import { LocalAgent } from '../../../launcher/agents/local.ts';
import type { Starter, StarterFor } from '../../../launcher/agents/start.ts';
import { ExitCode } from '../../../launcher/failure.ts';
import type { HostPlan } from '../../../launcher/placement/placement.ts';
import { host, OPTIONS } from './connected.ts';
import { farStarter } from './far.ts';
import { alive, rankThatRuns } from './ranks.ts';

let workspace: string;
let started: StartedHosts | undefined;
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'hosts-'));
});
afterEach(async () => {
  await started?.agent.close();
  started = undefined;
  expect(existsSync(workspace)).toBe(false);
});

function start(hosts: readonly HostPlan[], starterFor?: StarterFor): StartedHosts {
  started = startAgents(hosts, { ...OPTIONS, fanOut: 9, workspace }, starterFor);
  return started;
}

const failing: Starter = { command: ['/no/such/program'], explain: () => 'no' };

test('this machine alone has an agent in this process, and needs no address', async () => {
  const { agent, welcomes } = start([host('here', [0, 1], true)]);
  expect(agent).toBeInstanceOf(LocalAgent);
  expect(await welcomes).toMatchObject([{ pid: process.pid, workspace, address: undefined }]);
});

test('agents are welcomed by host, each with a folder and an address, and run the ranks of their host', async () => {
  const hosts = [host('b', [0]), host('here', [1, 3], true), host('c', [2])];
  const { agent, welcomes } = start(hosts, (name) => farStarter(name));
  const all = await welcomes;
  expect(all.map(({ pid }) => pid === process.pid)).toEqual([false, true, false]);
  expect(new Set(all.map((one) => one.workspace)).size).toBe(3);
  expect(all[1]!.workspace).toBe(workspace);
  const own = Object.values(networkInterfaces()).flatMap((list) => list!.map(({ address }) => address));
  for (const { address } of all) expect(own).toContain(address);

  const parents = new Map<number, number>();
  const done = new Promise<void>((resolve) => {
    agent.onEvent = (event: AgentEvent) => {
      if (event.type === 'output') parents.set(event.rank, Number(event.data.toString()));
      if (parents.size === 4) resolve();
    };
  });
  agent.send({ type: 'spawn', plans: [0, 1, 2, 3].map((rank) => rankThatRuns(rank, 'console.log(process.ppid)')) });
  await done;
  const agents = all.map(({ pid }) => pid);
  expect([0, 1, 2, 3].map((rank) => agents.indexOf(parents.get(rank)!))).toEqual([0, 1, 2, 1]);
  await agent.close();
  expect([all[0]!, all[2]!].some((one) => alive(one.pid) || existsSync(one.workspace))).toBe(false);
});

test('the folder of this machine is removed also when no rank runs here', async () => {
  const { welcomes } = start([host('b', [0])], (name) => farStarter(name));
  expect(await welcomes).toHaveLength(1);
});

test('the first that fails is the one that is named, and the others are ended', async () => {
  const { agent, welcomes } = start([host('b', [0]), host('c', [1]), host('d', [2])], (name) =>
    name === 'c' ? failing : farStarter(name),
  );
  await expect(welcomes).rejects.toEqual(expect.objectContaining({ message: 'host c: no', exitCode: ExitCode.LAUNCH }));
  // Rejected while b and d are on their way; nothing of them is left when this has resolved.
  await agent.close();
});

describe('hosts that could not reach each other are refused:', () => {
  const at = (addresses: Readonly<Record<string, string>>): StarterFor => {
    return (name) => ({
      ...farStarter(name, { START: `export FAKE_ADDRESS=${addresses[name]}` }),
      main: join(import.meta.dirname, 'agent-at.ts'),
    });
  };

  test('one has an address of its own only', async () => {
    const { welcomes } = start([host('b', [0]), host('c', [1])], at({ b: '10.0.0.1', c: '127.0.0.1' }));
    await expect(welcomes).rejects.toEqual(
      expect.objectContaining({
        message:
          'host c: it has only the address 127.0.0.1, where no other host reaches it; --interface names an interface or a network',
        exitCode: ExitCode.LAUNCH,
      }),
    );
  });

  test('not where all are on one machine', async () => {
    const { welcomes } = start([host('b', [0]), host('c', [1])], at({ b: '127.0.0.1', c: '127.0.0.2' }));
    expect((await welcomes).map(({ address }) => address)).toEqual(['127.0.0.1', '127.0.0.2']);
  });
});
