import { beforeEach, describe, expect, it } from 'vitest';
import type { Agent, AgentCommand, AgentEvent, RankPlan } from '../../../launcher/agents/agent.ts';
import { parseCommandLine } from '../../../launcher/cli.ts';
import { GuestAgent, type OwnProgram, ownPlan } from '../../../launcher/guest/guest-agent.ts';
import { placeTasks } from '../../../launcher/guest/placement.ts';
import { planRanks } from '../../../launcher/plan.ts';
import type { LaunchRequest } from '../../../launcher/request.ts';

/** What a tsrun that mpiexec has started as rank `rank` of 4 reads from its command line. */
function request(rank: number, ...argv: string[]): LaunchRequest {
  const command = parseCommandLine(argv, {
    cores: 1,
    env: { PMI_RANK: String(rank), PMI_SIZE: '4' },
    hostname: 'here',
    readFile: () => '',
  });
  if (command.type !== 'guest') throw new Error('no guest');
  return command.request;
}

/** Rank 0's plans: two ranks on each of two hosts. */
function plans(...options: string[]): RankPlan[] {
  const settled = {
    ...request(0, '-x', 'A=0', ...options, 'zero.ts', 'zero'),
    placement: placeTasks(['a', 'a', 'b', 'b'].map((machine) => ({ machine, host: machine }))),
  };
  return planRanks(settled, {
    version: '1.0.0',
    job: 'j',
    secret: 's',
    hosts: [
      { workspace: '/zero', address: '10.0.0.1' },
      { workspace: '/zero', address: '10.0.0.2' },
    ],
    programs: [{ script: '/home/zero.ts', workingDirectory: '/home' }],
    nodeOptions: [],
  });
}

const own: OwnProgram = {
  request: request(3, '-x', 'B=3', '--inspect=9000', 'three.ts', 'a', 'b'),
  workspace: '/three',
  files: undefined,
  script: '/other/three.ts',
  workingDirectory: '/other',
  nodeOptions: ['--inspect', '--expose-gc'],
};

describe("a guest's plan", () => {
  it("is rank 0's as to the job, and its own as to the program", () => {
    const given = plans()[3]!;
    const plan = ownPlan(given, own);
    expect(plan).toEqual({
      rank: 3,
      nodeOptions: ['--expose-gc', '--inspect=127.0.0.1:9003'],
      args: ['/three/p0', '/other/three.ts', 'a', 'b'],
      env: {
        B: '3',
        TSMPI_RANK: '3',
        TSMPI_SIZE: '4',
        TSMPI_LOCAL_RANK: '1',
        TSMPI_LOCAL_SIZE: '2',
        TSMPI_HOST: 'b',
      },
      workingDirectory: '/other',
      input: false,
      start: { ...given.start, local: { kind: 'unix', path: '/three/r3.sock', memory: 'auto' } },
    });
    expect(plan.start).toMatchObject({ secret: 's', hosts: ['a', 'b'], remote: { host: '10.0.0.2', tls: true } });
  });

  it('listens where rank 0 says, if that is no file', () => {
    expect(ownPlan(plans('--transport', 'tcp')[3]!, own).start.local).toEqual({ kind: 'tcp', tls: false });
  });
});

describe("a guest's agent", () => {
  const commands: AgentCommand[] = [];
  const events: AgentEvent[] = [];
  const local: Agent = {
    onEvent: () => {},
    send: (command) => void commands.push(command),
    close: () => Promise.resolve(),
  };
  let guest: GuestAgent;

  beforeEach(() => {
    commands.length = 0;
    events.length = 0;
    guest = new GuestAgent(local, own);
    guest.onEvent = (event) => void events.push(event);
  });

  it('does as rank 0 says, but for its streams', () => {
    guest.send({ type: 'spawn', plans: [plans()[3]!] });
    guest.send({ type: 'flow', paused: true });
    guest.send({ type: 'input', rank: 3, data: null });
    guest.send({ type: 'signal', ranks: [3], signal: 'SIGTERM' });
    expect(commands).toEqual([
      { type: 'spawn', plans: [ownPlan(plans()[3]!, own)] },
      { type: 'signal', ranks: [3], signal: 'SIGTERM' },
    ]);
  });

  it('tells rank 0 what happens, but not what is printed', () => {
    local.onEvent({ type: 'spawned', rank: 3, pid: 1 });
    local.onEvent({ type: 'output', rank: 3, stream: 'stderr', data: new Uint8Array() });
    local.onEvent({ type: 'input', rank: 3, open: true });
    local.onEvent({ type: 'closed', rank: 3 });
    expect(events.map(({ type }) => type)).toEqual(['spawned', 'closed']);
  });

  it("knows the job's exit code once rank 0 has said it", () => {
    expect(guest.exitCode).toBeUndefined();
    guest.send({ type: 'ended', exitCode: 7 });
    expect(guest.exitCode).toBe(7);
    expect(commands).toEqual([]);
  });
});
