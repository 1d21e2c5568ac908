/** Where an endpoint listens, as text: `unix:/path`, `tcp:127.0.0.1:4711`, `tcp:[::1]:4711`. */
import { isIP, isIPv6 } from 'node:net';
import { badAddress } from '../../errors.ts';

export type SocketAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

export function formatAddress(address: SocketAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return `tcp:${isIPv6(address.host) ? `[${address.host}]` : address.host}:${address.port}`;
}

/** Throws `ERR_LAUNCH` for what is no address. */
export function parseAddress(text: string): SocketAddress {
  if (text.startsWith('unix:') && text.length > 'unix:'.length) {
    return { kind: 'unix', path: text.slice('unix:'.length) };
  }
  const match = /^tcp:(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  // What stands after a % is the name of an interface, and means nothing on another host.
  const version = host.includes('%') ? 0 : isIP(host);
  if (version === (match?.[1] === undefined ? 4 : 6) && port >= 1 && port <= 65_535) {
    return { kind: 'tcp', host, port };
  }
  throw badAddress(text);
}

/** Whether an IP address is that of no interface: 0.0.0.0, `::` in any spelling (RFC 4291, 2.5.2). */
export function isUnspecified(host: string): boolean {
  return /^[0:.]+$/.test(host);
}

/** Whether an IPv6 address is in fe80::/10 (RFC 4291, 2.5.6): it has a meaning on one link only. */
export function isLinkLocal(host: string): boolean {
  return isIPv6(host) && /^fe[89ab]/i.test(host);
}
