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
  if (isIP(host) === (match?.[1] === undefined ? 4 : 6) && port >= 1 && port <= 65_535) {
    return { kind: 'tcp', host, port };
  }
  throw badAddress(text);
}

/** Whether only processes of this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
