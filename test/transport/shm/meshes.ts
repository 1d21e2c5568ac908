/** Endpoints of one process that share memory. */
import { onTestFinished } from 'vitest';
import { loadNative, type Native } from '../../../src/native/native.ts';
import { SHARED_MEMORY } from '../../../src/transport/shm/segment.ts';
import { type ShmOptions, ShmTransport } from '../../../src/transport/shm/transport.ts';
import { SocketMesh } from '../../../src/transport/socket/mesh.ts';
import type { FrameSink } from '../../../src/transport/transport.ts';
import { optionsFor } from '../socket/meshes.ts';

const loaded = loadNative();

/** Why there is nothing to test; false where there is. */
export const unavailable: string | false = typeof loaded === 'string' && loaded;

export const native = loaded as Native;

/** Connected endpoints, one a sink, that offer a ring with their first frame. Aborted when the test is over. */
export async function sharing(
  sinks: readonly FrameSink[],
  more: Partial<ShmOptions> | ((self: number) => Partial<ShmOptions>) = {},
): Promise<ShmTransport[]> {
  const options = optionsFor('unix', sinks.length);
  const meshes = await Promise.all(
    sinks.map((_, self) => SocketMesh.listen({ ...options(self), native: () => native })),
  );
  const transports = meshes.map((mesh, self) => {
    const common = { mesh, native: () => native, folder: SHARED_MEMORY, capacity: 64 * 1024, offerAfter: 1 };
    return new ShmTransport({ ...common, ...(typeof more === 'function' ? more(self) : more) });
  });
  for (const [self, transport] of transports.entries()) {
    transport.attach(sinks[self]!);
    onTestFinished(() => transport.abort());
  }
  const addresses = meshes.map(({ address }) => address);
  await Promise.all(meshes.map((mesh) => mesh.connect(addresses)));
  return transports;
}
