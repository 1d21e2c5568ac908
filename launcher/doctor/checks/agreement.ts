/** Whether the hosts fit together. */
import { counted } from '../../counted.ts';
import { type Finding, ok, problem, warning } from '../finding.ts';

export interface Host {
  readonly name: string;
  readonly node: string;
  readonly tsmpi: string;
  /** What the others are told; undefined: there is none, or no host has to reach this one. */
  readonly address: string | undefined;
  /** By how much its clock is ahead of ours, in milliseconds, and how far off that may be. Undefined: it is ours. */
  readonly clock: Clock | undefined;
}

export interface Clock {
  readonly ahead: number;
  readonly uncertainty: number;
}

/** One host tried to connect to another. */
export interface Attempt {
  readonly from: string;
  readonly to: string;
  /** `10.0.0.2:47001` */
  readonly place: string;
  readonly problem: string | undefined;
}

/** Milliseconds. Nothing in tsmpi goes by the clocks of two hosts, but whoever reads their logs does. */
const SKEW = 1000;
/** Names in a list. */
const MOST_NAMES = 5;

export function checkAgreement(hosts: readonly Host[], attempts: readonly Attempt[]): Finding[] {
  const clashes = checkAddresses(hosts);
  const ways = clashes.length > 0 ? clashes : checkReach(attempts);
  return [checkVersions(hosts), checkNode(hosts), ...ways, ...checkClocks(hosts)];
}

function checkVersions(hosts: readonly Host[]): Finding {
  const groups = grouped(hosts, ({ tsmpi }) => tsmpi, nameOf);
  if (groups.size === 1) return ok('tsmpi', `${hosts[0]!.tsmpi} everywhere`);
  return problem('tsmpi', `not the same version everywhere: ${told(groups)}`, 'install the same on all hosts');
}

function checkNode(hosts: readonly Host[]): Finding {
  const groups = grouped(hosts, ({ node }) => node.split('.')[0]!, nameOf);
  if (groups.size === 1) return ok('Node.js', `${[...groups.keys()][0]} everywhere`);
  return warning('Node.js', `not the same everywhere: ${told(groups)}`, 'install the same major version on all hosts');
}

/** An address that two hosts have leads from each to itself. */
function checkAddresses(hosts: readonly Host[]): Finding[] {
  const groups = grouped(
    hosts.filter(({ address }) => address !== undefined),
    ({ address }) => address!,
    nameOf,
  );
  return [...groups]
    .filter(([, names]) => names.length > 1)
    .map(([address, names]) =>
      problem(
        'address',
        `${address} is the address of ${list(names)}`,
        '--interface chooses a network that they share',
      ),
    );
}

function checkReach(attempts: readonly Attempt[]): Finding[] {
  const failed = attempts.filter((attempt) => attempt.problem !== undefined);
  if (attempts.length > 0 && failed.length === 0)
    return [ok('connections', `${counted(attempts.length, 'way')}, all open`)];
  const groups = grouped(
    failed,
    ({ to, place, problem: why }) => `${to} is not reached at ${place}: ${why}`,
    ({ from }) => from,
  );
  return [...groups].map(([text, names]) =>
    problem(
      'connections',
      `${text}; from ${list(names)}`,
      'is a firewall in between? --port-range names the ports to open, --interface another network',
    ),
  );
}

function checkClocks(hosts: readonly Host[]): Finding[] {
  const measured = hosts.filter(({ clock }) => clock !== undefined);
  const wrong = measured.filter(({ clock }) => Math.abs(clock!.ahead) - clock!.uncertainty > SKEW);
  if (measured.length > 0 && wrong.length === 0) return [ok('clocks', `agree within ${SKEW / 1000} s`)];
  return wrong.map(({ name, clock }) => {
    const seconds = Math.round(Math.abs(clock!.ahead) / 100) / 10;
    const text = `that of ${name} is ${seconds} s ${clock!.ahead > 0 ? 'ahead' : 'behind'}`;
    return warning('clocks', text, 'let them be set by NTP (chrony, systemd-timesyncd)');
  });
}

function nameOf({ name }: Host): string {
  return name;
}

/** The names of those that have a key in common, by key. */
function grouped<T>(all: readonly T[], key: (one: T) => string, name: (one: T) => string): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const one of all) groups.set(key(one), [...(groups.get(key(one)) ?? []), name(one)]);
  return groups;
}

/** `0.1.0 on a and b; 0.2.0 on c` */
function told(groups: ReadonlyMap<string, readonly string[]>): string {
  return [...groups].map(([key, names]) => `${key} on ${list(names)}`).join('; ');
}

/** `a, b and 3 more` */
function list(names: readonly string[]): string {
  if (names.length > MOST_NAMES) {
    return `${names.slice(0, MOST_NAMES - 1).join(', ')} and ${names.length - MOST_NAMES + 1} more`;
  }
  return [names.slice(0, -1).join(', '), names.at(-1)].filter(Boolean).join(' and ');
}
