/** Meshes of several endpoints in one process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type MeshOptions, SocketMesh } from '../../../src/transport/socket/mesh.ts';
import type { FrameSink } from '../../../src/transport/transport.ts';
import { Recorder } from '../recorder.ts';

export type Kind = MeshOptions['kind'];

/** What the sockets of a mesh are: a kind, with TLS inside or not. */
export type Sockets = 'unix' | 'tcp' | 'tls';
export const SOCKETS: readonly Sockets[] = ['unix', 'tcp', 'tls'];

export const JOB = '0123456789abcdef';
export const SECRET = 'a1'.repeat(32);

/** Removed when the test is over. */
export function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'tsmpi-test-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Options of one endpoint; each call of `optionsFor` gets a directory of its own. */
export function optionsFor(
  sockets: Sockets,
  size: number,
  more: Partial<MeshOptions> = {},
): (self: number) => MeshOptions {
  const kind = sockets === 'unix' ? 'unix' : 'tcp';
  const base = kind === 'unix' ? directory() : '127.0.0.1';
  return (self) => ({
    kind,
    tls: sockets === 'tls',
    self,
    size,
    job: JOB,
    epoch: 0,
    secret: SECRET,
    listen: kind === 'unix' ? join(base, `${self}`) : base,
    ...more,
  });
}

/** Listens and attaches, without connecting. Aborted when the test is over. */
export async function listening(options: MeshOptions, sink: FrameSink = new Recorder()): Promise<SocketMesh> {
  const mesh = await SocketMesh.listen(options);
  mesh.attach(sink);
  onTestFinished(() => mesh.abort());
  return mesh;
}

/** A connected mesh, one endpoint a sink. */
export async function connected(
  sockets: Sockets,
  sinks: readonly FrameSink[],
  more?: Partial<MeshOptions>,
): Promise<SocketMesh[]> {
  const options = optionsFor(sockets, sinks.length, more);
  const meshes = await Promise.all(sinks.map((sink, self) => listening(options(self), sink)));
  const addresses = meshes.map(({ address }) => address);
  await Promise.all(meshes.map((mesh) => mesh.connect(addresses)));
  return meshes;
}

/** Lazily linked endpoints that know each other by other addresses than their own: `between` says which, for each dialer. */
export async function joined(
  sockets: Sockets,
  size: number,
  between: (target: string, dialer: number, dialled: number) => Promise<string> | string,
  more: Partial<MeshOptions> = {},
): Promise<{ meshes: SocketMesh[]; sinks: Recorder[] }> {
  const options = optionsFor(sockets, size, { links: 'lazy', ...more });
  const sinks = Array.from({ length: size }, () => new Recorder());
  const meshes = await Promise.all(sinks.map((sink, self) => listening(options(self), sink)));
  for (const mesh of meshes) {
    await mesh.connect(
      await Promise.all(meshes.map(async ({ address }, peer) => await between(address, mesh.self, peer))),
    );
  }
  return { meshes, sinks };
}
