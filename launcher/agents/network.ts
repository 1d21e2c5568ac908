/** Which address of this host the other hosts of a job are told. */
import { createSocket } from 'node:dgram';
import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { ExitCode, LaunchFailure } from '../failure.ts';
import { usage } from '../scan.ts';

export type Interfaces = ReturnType<typeof networkInterfaces>;

/** Addresses of IPv6 that mean nothing without an interface of the reader's own. */
const LINK_LOCAL = /^fe[89ab]/i;
/** Discard (RFC 863): any port will do, nothing is sent. */
const ANY_PORT = 9;

export interface AddressQuery {
  /** What `--interface` says. */
  readonly interface: string | undefined;
  /** An address that the wanted one has to reach, where one is known. */
  readonly towards?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly interfaces?: Interfaces;
}

/**
 * The address of the interface that was asked for; else the one that routes to `towards`; else the one under which ssh or srun came here; else that
 * of the first interface that leads out of this machine.
 *
 * @throws LaunchFailure when the interface that was asked for is not here; without the host's name.
 */
export async function ownAddress({
  interface: wanted,
  towards,
  env = process.env,
  interfaces = networkInterfaces(),
}: AddressQuery): Promise<string | undefined> {
  if (wanted !== undefined) return interfaceAddress(wanted, interfaces);
  // `client port server port`
  const [, , server] = env.SSH_CONNECTION?.split(' ') ?? [];
  const target = towards ?? env.SLURM_LAUNCH_NODE_IPADDR;
  const all = usable(interfaces).map(({ address }) => address);
  const candidates = [
    // One of this host's: srun passes the variable on to other hosts than it speaks of.
    towards === undefined ? all.find((address) => address === server) : undefined,
    target === undefined ? undefined : await routeTo(target),
    ...all,
  ].filter((address) => address !== undefined);
  // A loopback address says nothing of the way to other hosts; it is good enough where there is no such way.
  return candidates.find((address) => !isLoopback(address)) ?? candidates[0];
}

/** Whether only this machine itself reaches it. */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.');
}

/** @param wanted - the name of an interface, or a network as `10.0.0.0/24`. */
export function interfaceAddress(wanted: string, interfaces: Interfaces = networkInterfaces()): string {
  const all = usable(interfaces);
  const matches = wanted.includes('/') ? inNetwork(wanted) : ({ name }: Place) => name === wanted;
  const found = all.find(matches);
  if (found !== undefined) return found.address;
  const there = all.map(({ name, address }) => `${name} ${address}`).join(', ');
  const what = wanted.includes('/') ? `no address in ${wanted}` : `no interface ${wanted} with an address`;
  throw new LaunchFailure(`there is ${what} (--interface); there is ${there || 'none at all'}`, ExitCode.LAUNCH);
}

/** The address that packets from here to `address`, an IP address, would carry. None is sent. */
export function routeTo(address: string): Promise<string | undefined> {
  const family = isIP(address);
  if (family === 0) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    const done = (own: string | undefined): void => {
      socket.close();
      resolve(own);
    };
    socket.once('error', () => done(undefined));
    socket.once('connect', () => done(socket.address().address));
    socket.connect(ANY_PORT, address);
  });
}

interface Place {
  readonly name: string;
  readonly address: string;
  readonly family: 'IPv4' | 'IPv6';
  readonly internal: boolean;
}

/** IPv4 first. */
function usable(interfaces: Interfaces): Place[] {
  const all = Object.entries(interfaces).flatMap(([name, addresses]) =>
    (addresses ?? []).map(({ address, family, internal }) => ({ name, address, family, internal })),
  );
  const of = (wanted: Place['family']): Place[] => all.filter(({ family }) => family === wanted);
  return [...of('IPv4'), ...of('IPv6').filter(({ address }) => !LINK_LOCAL.test(address))];
}

function inNetwork(network: string): (place: Place) => boolean {
  const [prefix = '', length = ''] = network.split('/');
  const type = isIP(prefix) === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  try {
    list.addSubnet(prefix, Number(length || Number.NaN), type);
  } catch {
    throw usage(`--interface takes the name of an interface or a network as 10.0.0.0/24, not ${network}`);
  }
  return ({ address, family }) => family.toLowerCase() === type && list.check(address, type);
}
