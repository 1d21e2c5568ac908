/**
 * TLS around the sockets of one mesh (see contract/tls.ts for its keys). The handshake of handshake.ts runs inside: TLS keeps others from
 * reading and changing what is said, the handshake says who speaks.
 */
import type net from 'node:net';
import tls from 'node:tls';
import { tlsClientOptions, tlsServerOptions } from '../../contract/tls.ts';

export class TlsSockets {
  readonly #client: tls.ConnectionOptions;
  readonly #server: tls.TLSSocketOptions;

  /** @param secret - 64 hex digits. */
  constructor(secret: string) {
    // A context takes milliseconds to make, and serves any number of sockets.
    this.#client = withContext(tlsClientOptions(secret, 'data'));
    this.#server = { ...withContext(tlsServerOptions(secret, 'data')), isServer: true };
  }

  /** `connect` is emitted when TCP is connected, `secureConnect` when both sides have proved that they have the key. */
  connect(address: { host: string; port: number }, onread: net.OnReadOpts): tls.TLSSocket {
    return tls.connect({ ...this.#client, ...address, allowHalfOpen: true, onread } as tls.ConnectionOptions);
  }

  /** Wraps an accepted socket. Node gives what arrives on such a one as `data` events only. */
  accept(accepted: net.Socket): tls.TLSSocket {
    // It fails together with the socket around it, which reports it.
    accepted.on('error', () => {});
    return new tls.TLSSocket(accepted, this.#server);
  }
}

/** What a failure that is not the system's says of the other side: it has another key, or something else than this TLS. */
export function tlsVerdict(error: NodeJS.ErrnoException): 'other key' | 'other protocol' | undefined {
  if (error.syscall !== undefined) return undefined;
  // An alert comes from the other side's TLS: of all that it could object to, only the key can differ.
  return error.code?.includes('_ALERT_') ? 'other key' : 'other protocol';
}

function withContext<Options extends tls.SecureContextOptions>(
  options: Options,
): Options & { secureContext: tls.SecureContext } {
  return { ...options, secureContext: tls.createSecureContext(options) };
}
