/** How hosts are written: `name`, `name:4`, `user@name:4`, `[fe80::1]:4`. Pure. */
import { isIPv6 } from 'node:net';
import { usage } from '../scan.ts';
import { shown } from '../values.ts';
import type { HostEntry } from './placement.ts';

/** RFC 1123 names, and what is usual beyond: underscores in the aliases of an ssh configuration. */
const NAME = /^\w[\w.-]*$/;
const USER = /^\w[\w.+-]*$/;
const LONGEST = 255;

/**
 * One host; `source` says where it was written, for messages.
 *
 * The name ends up as a word on the command line of ssh or srun, so anything that could be an option or more than a name is refused.
 *
 * @throws LaunchFailure with exit code 2.
 */
export function parseHost(text: string, source: string): HostEntry {
  const refuse = (reason: string) => usage(`${source}: ${shown(text)}: ${reason}`);
  if (text === '') throw usage(`${source} is empty: give hosts as a:4,b:4`);
  const at = text.lastIndexOf('@');
  const [user, place] = at < 0 ? ['', text] : [text.slice(0, at + 1), text.slice(at + 1)];
  if (user !== '' && !USER.test(user.slice(0, -1))) throw refuse(`${shown(user.slice(0, -1))} is no user name`);
  const [, bracketed, plain, slots] = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/s.exec(place) ?? [];
  if (slots?.includes(':')) throw refuse('write node1:4; an IPv6 address stands in brackets, as [fd00::1]:4');
  if (bracketed !== undefined && !isIPv6(bracketed)) throw refuse(`${shown(bracketed)} is no IPv6 address`);
  const name = bracketed ?? plain ?? '';
  if (name.startsWith('-')) throw refuse('the name of a host does not begin with -');
  if (bracketed === undefined && (!NAME.test(name) || name.length > LONGEST)) {
    throw refuse(`${shown(name)} is no name of a host: letters, digits, dots, hyphens and underscores`);
  }
  return { name: `${user}${name}`, slots: slots === undefined ? undefined : parseSlots(slots, refuse), source };
}

export function parseSlots(text: string, refuse: (reason: string) => Error): number {
  const slots = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (slots < 1) throw refuse('slots are how many ranks a host is meant for: an integer, 1 or more, as node1:4');
  return slots;
}

/** As one would write it. */
export function hostText(name: string, slots?: number): string {
  const [, user = '', host = ''] = /^(.*@)?(.*)$/.exec(name) ?? [];
  const text = `${user}${host.includes(':') ? `[${host}]` : host}`;
  return slots === undefined ? text : `${text}:${slots}`;
}

/** Names of hosts are the same in any case (RFC 4343). */
export function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

const OWN = ['localhost', '127.0.0.1', '::1'];

/** Names that cannot mean another machine than the one whose name is `hostname`. With a user in front they mean a login. */
export function isThisMachine(name: string, hostname: string): boolean {
  return [...OWN, hostname, hostname.split('.')[0]!].some((own) => sameName(own, name));
}

/**
 * @throws LaunchFailure with exit code 2 for a host that is named twice: one writes that by mistake, or means a sum of slots.
 */
export function refuseTwins(hosts: readonly HostEntry[]): void {
  const seen = new Map<string, HostEntry>();
  for (const host of hosts) {
    const key = host.name.toLowerCase();
    const twin = seen.get(key);
    if (twin !== undefined) {
      throw usage(
        `${hostText(host.name)} is named twice, at ${twin.source} and ${host.source}: ${nameOnce(twin, host)}`,
      );
    }
    seen.set(key, host);
  }
}

export function nameOnce(a: HostEntry, b: HostEntry): string {
  return `name it once, as ${hostText(a.name, (a.slots ?? 1) + (b.slots ?? 1))}`;
}
