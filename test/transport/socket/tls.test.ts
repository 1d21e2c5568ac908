import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import tls from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tlsClientOptions, tlsServerOptions } from '../../../src/contract/tls.ts';
import { directory, SECRET } from './meshes.ts';

/** How a client of these options fares with a server of those. */
async function meeting(client: tls.ConnectionOptions, server: tls.TlsOptions): Promise<string> {
  const listening = tls.createServer(server).listen(0, '127.0.0.1');
  onTestFinished(() => void listening.close());
  await new Promise((resolve) => listening.once('listening', resolve));
  listening.on('tlsClientError', () => {});
  const { port } = listening.address() as { port: number };
  const socket = tls.connect({ host: '127.0.0.1', port, ...client });
  onTestFinished(() => void socket.destroy());
  return await new Promise((resolve) => {
    socket.once('secureConnect', () => resolve(`${socket.getProtocol()}`));
    socket.once('error', (error) => resolve(error.message));
  });
}

describe('TLS with a key of the job', () => {
  const client = tlsClientOptions(SECRET, 'data');

  it('joins two that have the same secret and purpose, with version 1.3', async () => {
    expect(await meeting(client, tlsServerOptions(SECRET, 'data'))).toBe('TLSv1.3');
    expect(await meeting(client, tlsServerOptions(SECRET, 'control'))).toContain('alert');
    expect(await meeting(client, tlsServerOptions('b2'.repeat(32), 'data'))).toContain('alert');
  });

  it('takes no certificate in place of the key, be it one that is trusted', async ({ skip }) => {
    if (spawnSync('openssl', ['version']).error) skip('there is no openssl to make a certificate with');
    const [keyFile, certFile] = ['key', 'cert'].map((name) => join(directory(), name)) as [string, string];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    execFileSync('openssl', ['req', '-x509', ...curve, ...subject, '-nodes', '-keyout', keyFile, '-out', certFile], {
      stdio: 'ignore',
    });
    const [key, cert] = [readFileSync(keyFile), readFileSync(certFile)];
    expect(await meeting({ ca: cert }, { key, cert })).toBe('TLSv1.3');
    expect(await meeting({ ...client, ca: cert }, { key, cert })).toContain('a certificate and not our key');
  });
});
