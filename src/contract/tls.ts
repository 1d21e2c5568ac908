/**
 * TLS 1.3 with a pre-shared key (RFC 8446, 2.2): both sides know the job's secret, so there are no certificates to make, ship or check.
 * Used between ranks of different hosts, and between launchers that meet as guests of another one.
 */
import { hkdfSync } from 'node:crypto';
import type { TlsOptions } from 'node:tls';

/** Node 20 finds no pre-shared key for suites with SHA-384. */
const CIPHERS = 'TLS_AES_128_GCM_SHA256';

/** Keys for different uses have nothing in common, though one secret is behind them (HKDF, RFC 5869). */
export type TlsPurpose = 'data' | 'control';

interface PskOptions {
  readonly ciphers: string;
  readonly minVersion: 'TLSv1.3';
}

/** For `tls.connect` and a client's `TLSSocket`. @param secret - 64 hex digits. */
export function tlsClientOptions(secret: string, purpose: TlsPurpose) {
  const psk = keyFor(secret, purpose);
  return {
    ...common(),
    // Asked only about a server that does not know the key and shows a certificate instead, be it one that Node trusts.
    checkServerIdentity: () => new Error('the server has a certificate and not our key'),
    pskCallback: () => ({ psk, identity: purpose }),
  };
}

/** For `tls.createServer` and a server's `TLSSocket`. @param secret - 64 hex digits. */
export function tlsServerOptions(secret: string, purpose: TlsPurpose) {
  const psk = keyFor(secret, purpose);
  return {
    ...common(),
    pskCallback: (_socket: unknown, identity: string) => (identity === purpose ? psk : null),
  } satisfies TlsOptions;
}

function common(): PskOptions {
  return { ciphers: CIPHERS, minVersion: 'TLSv1.3' };
}

function keyFor(secret: string, purpose: TlsPurpose): Buffer {
  return Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'hex'), '', `tsmpi tls ${purpose}`, 32));
}
