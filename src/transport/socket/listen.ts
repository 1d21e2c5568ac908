/** Binds the socket at which an endpoint waits for the others. */
import { chmodSync } from 'node:fs';
import net from 'node:net';
import { invariant } from '../../base/invariant.ts';
import { cannotListen } from '../../errors.ts';
import { isLinkLocal, isUnspecified } from './address.ts';

export type PortRange = readonly [first: number, last: number];

export interface ListenOptions {
  readonly kind: 'unix' | 'tcp';
  /** A socket path, or an IP address of this host. */
  readonly listen: string;
  /** `tcp` only: the ports to try. The system's choice where there are none. */
  readonly ports?: PortRange | undefined;
  /** Where in the range to begin: endpoints of one host that begin at different places do not try each other's ports. */
  readonly offset?: number | undefined;
}

/** As many as the system lets us: it takes the lower one of this and its own limit. */
const BACKLOG = 4096;

/** Rejects with `ERR_LAUNCH` where that address can't be listened at, or none of the ports is free. */
export async function listen({ kind, listen: place, ports, offset }: ListenOptions): Promise<net.Server> {
  invariant(ports === undefined || (kind === 'tcp' && ports[0] <= ports[1]), 'ports that are none', kind, ports);
  if (kind === 'unix') {
    const server = await bind({ path: place }).catch((error: Error) => {
      throw cannotListen(place, error.message, error);
    });
    // The handshake guards it; this keeps other users from even trying.
    chmodSync(place, 0o600);
    return server;
  }
  const unfit = whyUnfit(place);
  if (unfit !== undefined) throw cannotListen(place, unfit);
  const [first, last] = ports ?? [0, 0];
  const count = last - first + 1;
  let taken: Error | undefined;
  for (let i = 0; i < count; i++) {
    try {
      return await bind({ host: place, port: first + (((offset ?? 0) + i) % count) });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      // Taken by another process, or for privileged ones only: the next may be free.
      if (ports === undefined || (code !== 'EADDRINUSE' && code !== 'EACCES'))
        throw cannotListen(place, message, error);
      taken = error as Error;
    }
  }
  throw cannotListen(place, `none of the ports ${first} to ${last} is free (${taken?.message})`, taken);
}

/** Why other processes could not use this address to reach us. */
function whyUnfit(host: string): string | undefined {
  if (net.isIP(host) === 0) return 'it is not an IP address';
  if (isUnspecified(host)) return 'it names no interface; it should be the address at which the others reach this host';
  if (isLinkLocal(host)) return 'it is a link-local address, which names another interface on every host';
  return undefined;
}

function bind(place: net.ListenOptions): Promise<net.Server> {
  // An accepted socket is taken over before anything is read from it.
  const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true }).unref();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ ...place, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}
