/** The tsrun of rank 0 is the launcher of a job whose other ranks have tsruns of their own: it gathers them, and conducts. */
import { randomBytes } from 'node:crypto';
import type { Agent, AgentWelcome } from '../agents/agent.ts';
import type { ByteStreams } from '../agents/channel.ts';
import { Fleet } from '../agents/fleet.ts';
import { isLoopback, ownAddress } from '../agents/network.ts';
import { type Connection, RemoteAgent } from '../agents/remote.ts';
import { conduct } from '../conduct.ts';
import { displayPath } from '../display-path.ts';
import { ExitCode, LaunchFailure } from '../failure.ts';
import type { Placement } from '../placement/placement.ts';
import { type PlannedHost, planRanks } from '../plan.ts';
import type { LaunchRequest } from '../request.ts';
import { packageVersion } from '../version.ts';
import { type Arrival, Gathering } from './gathering.ts';
import type { OwnProgram } from './guest-agent.ts';
import type { MeetingPoint, Patience } from './meeting-point.ts';
import { placeTasks, type TaskPlace } from './placement.ts';
import { type Signals, signalCode } from './signals.ts';

export interface RankZero {
  readonly own: OwnProgram;
  /** Runs rank 0. */
  readonly agent: Agent;
  /** Where rank 0 is. */
  readonly place: TaskPlace;
  /** What `world.restart` is to be. */
  readonly restart: number;
  readonly signals: Signals;
}

/**
 * Everybody else, let in and waiting for the agent's protocol.
 *
 * @param failure - why rank 0's own script cannot be run: the others hear of it before it is thrown.
 * @throws LaunchFailure which the others do not repeat.
 */
export async function gather(
  meeting: MeetingPoint,
  size: number,
  failure: LaunchFailure | undefined,
  patience: Patience,
): Promise<Arrival[]> {
  const gathering = await Gathering.open(meeting.listen, meeting.secret, size);
  try {
    await meeting.publish(gathering.port);
    const arrivals = await gathering.everybody(patience, meeting.advice);
    const reason = failure ?? arrivals.map(failureOf).find((one) => one !== undefined);
    if (reason !== undefined) throw reason;
    gathering.go();
    return arrivals;
  } catch (error) {
    await gathering.dismiss(error instanceof LaunchFailure ? error.exitCode : ExitCode.FAILURE);
    throw error;
  }
}

function failureOf({ hello: { rank, size, host, failure } }: Arrival): LaunchFailure | undefined {
  if (failure === undefined) return undefined;
  return new LaunchFailure(`rank ${rank} of ${size} (${host}): ${failure.message}`, failure.exitCode);
}

/** From the first word of the agent's protocol to the end of the job. @returns the exit code. */
export async function lead(arrivals: readonly Arrival[], zero: RankZero): Promise<number> {
  const { own, agent, place, restart, signals } = zero;
  const { request, workspace, script } = own;
  const placement = placeTasks([place, ...arrivals.map(({ hello }) => hello)]);
  const remotes = arrivals.map((arrival) => remoteAgent(arrival, request));
  const fleet = new Fleet([
    { agent, ranks: [0] },
    ...remotes.map((remote, index) => ({ agent: remote, ranks: [index + 1] })),
  ]);
  try {
    const welcomes = (await Promise.all(remotes.map((remote) => remote.welcomes))).flat();
    const hosts = await plannedHosts(placement, zero, arrivals, welcomes);
    const settled = { ...request, placement };
    const plans = planRanks(settled, {
      version: packageVersion(),
      job: randomBytes(8).toString('hex'),
      secret: randomBytes(32).toString('hex'),
      hosts,
      programs: [own],
      nodeOptions: own.nodeOptions,
    }).map((plan) => ({ ...plan, start: { ...plan.start, epoch: restart } }));
    // Every other tsrun reads its own standard input.
    const stdin = request.stdin === 'all' || request.stdin === 0 ? 0 : 'none';
    const cwd = process.cwd();
    if (signals.first !== undefined) throw new LaunchFailure(signals.first, signalCode(signals.first));
    const outcome = conduct(
      { ...settled, stdin },
      {
        agent: fleet,
        plans,
        files: own.files,
        workspaces: [workspace, ...sameScript(script, arrivals, welcomes)],
        cwd,
        scripts: [displayPath(script, cwd)],
        note: 'the table chooses algorithms: tasks of another launcher have no model',
      },
    );
    // It looks after them itself.
    signals.release();
    return await outcome;
  } catch (error) {
    if (error instanceof LaunchFailure) fleet.send({ type: 'ended', exitCode: error.exitCode });
    throw error;
  } finally {
    await fleet.close();
  }
}

function remoteAgent({ socket, hello: { host, rank } }: Arrival, { network }: LaunchRequest): RemoteAgent {
  const connection: Connection = {
    opened: Promise.resolve<ByteStreams>({ readable: socket, writable: socket }),
    lastWords: () => Promise.resolve('its tsrun has ended'),
    async close() {
      socket.destroy();
    },
  };
  return new RemoteAgent(connection, {
    host: { name: host, slots: undefined, local: false, ranks: [rank] },
    children: [],
    options: {
      launcher: 'local',
      ssh: [],
      fanOut: 1,
      sync: undefined,
      interface: network.interface,
      env: {},
      job: '',
      connectTimeout: 0,
    },
  });
}

/** By host. The sockets of each rank lie in the folder of its own agent, whatever stands here. */
async function plannedHosts(
  { hosts }: Placement,
  { own: { request, workspace }, place }: RankZero,
  arrivals: readonly Arrival[],
  welcomes: readonly AgentWelcome[],
): Promise<PlannedHost[]> {
  const addresses = [await addressHere(request, arrivals, place), ...welcomes.map(({ address }) => address)];
  // Whatever the other launcher calls hosts: whoever came over loopback is on this machine.
  const allHere = welcomes.every(({ address }) => address !== undefined && isLoopback(address));
  return hosts.map(({ name, ranks }) => {
    const known = ranks.map((rank) => addresses[rank]).filter((one) => one !== undefined);
    const address = known.find((one) => allHere || !isLoopback(one));
    if (address === undefined && hosts.length > 1) throw unreachable(name);
    return { workspace, address };
  });
}

/** The one under which somebody from outside has come here already, if nobody asked for another one. */
async function addressHere(
  { network }: LaunchRequest,
  arrivals: readonly Arrival[],
  { machine }: TaskPlace,
): Promise<string | undefined> {
  if (network.interface !== undefined) return ownAddress({ interface: network.interface });
  return arrivals.find(({ hello }) => hello.machine !== machine)?.address;
}

/** Where frames of compiled files are to be mapped by this tsrun's own, which are the same. */
function sameScript(script: string, arrivals: readonly Arrival[], welcomes: readonly AgentWelcome[]): string[] {
  return welcomes.filter((_, index) => arrivals[index]!.hello.script === script).map(({ workspace }) => workspace);
}

function unreachable(host: string): LaunchFailure {
  return new LaunchFailure(
    `host ${host}: it has no address where other hosts reach it; --interface names an interface or a network`,
    ExitCode.LAUNCH,
  );
}
