/** The meshes that connect a rank with the others: one within its host, made at the start, and one to all other hosts, made as needed. */
import type { Address, SharedMemory, ToRank } from '../contract/control.ts';
import * as errors from '../errors.ts';
import type { NativeSource } from '../native/native.ts';
import { Router } from '../transport/router.ts';
import { SHARED_MEMORY } from '../transport/shm/segment.ts';
import { capacityFor, trySharing } from '../transport/shm/sizes.ts';
import { ShmTransport } from '../transport/shm/transport.ts';
import { SocketMesh } from '../transport/socket/mesh.ts';
import type { Transport } from '../transport/transport.ts';

type Start = Extract<ToRank, { type: 'start' }>;

export class Surroundings {
  readonly transport: Transport;
  readonly #local: SocketMesh | undefined;
  readonly #remote: SocketMesh | undefined;

  /**
   * Rejects with `ERR_LAUNCH` where this rank can't listen, or can't share memory though it is to.
   *
   * @param note - told what there is to know for whoever wonders.
   */
  static async listen(start: Start, native: NativeSource, note: (text: string) => void): Promise<Surroundings> {
    const { rank, size, job, epoch, secret, hostOf, local, remote } = start;
    const common = { self: rank, size, job, epoch, secret, native };
    // With more ranks than cores a peer may be off the processor for a while between two messages of its handshake.
    const handshakeTimeout = 2000 + 100 * size;
    const near = (peer: number): boolean => hostOf[peer] === hostOf[rank];
    const others = Array.from({ length: size }, (_, peer) => peer).filter((peer) => peer !== rank);
    const [localMesh, remoteMesh] = await Promise.all([
      local &&
        SocketMesh.listen({
          ...common,
          ...(local.kind === 'unix'
            ? { kind: 'unix', listen: local.path }
            : { kind: 'tcp', listen: '127.0.0.1', tls: local.tls }),
          peers: others.filter(near),
          handshakeTimeout,
        }),
      remote &&
        SocketMesh.listen({
          ...common,
          kind: 'tcp',
          listen: remote.host,
          ports: remote.ports,
          tls: remote.tls,
          peers: others.filter((peer) => !near(peer)),
          links: 'lazy',
        }),
    ]);
    const memory = local?.kind === 'unix' ? local.memory : 'none';
    const within = localMesh && withMemory(localMesh, memory, native, note);
    return new Surroundings(rank, near, [localMesh, within], remoteMesh);
  }

  private constructor(
    rank: number,
    near: (peer: number) => boolean,
    [localMesh, local]: readonly [SocketMesh | undefined, Transport | undefined],
    remote: SocketMesh | undefined,
  ) {
    this.#local = localMesh;
    this.#remote = remote;
    const [first] = [local, remote].filter((route) => route !== undefined);
    if (first === undefined) this.transport = Router.alone();
    else if (local === undefined || remote === undefined) this.transport = Router.over(first);
    else this.transport = new Router(rank, [local, remote], (peer) => (near(peer) ? local : remote));
  }

  /** Where the ranks of this host find us; empty where there are none. */
  get local(): Address {
    return this.#local?.address ?? '';
  }

  /** Where the ranks of other hosts find us; empty where there are none. */
  get remote(): Address {
    return this.#remote?.address ?? '';
  }

  /** @param addresses - by rank. */
  async connect(addresses: { local: readonly Address[]; remote: readonly Address[] }): Promise<void> {
    await Promise.all([this.#local?.connect(addresses.local), this.#remote?.connect(addresses.remote)]);
  }
}

/** The transport between the ranks of this host: their sockets, with memory that they share or without. */
function withMemory(
  mesh: SocketMesh,
  memory: SharedMemory,
  native: NativeSource,
  note: (text: string) => void,
): Transport {
  if (memory === 'none') return mesh;
  const endpoints = mesh.peers.length + 1;
  const options = { mesh, native, folder: SHARED_MEMORY, capacity: capacityFor(endpoints) };
  if (memory === 'required') {
    const obstacle = trySharing(options, endpoints);
    if (obstacle !== undefined) throw errors.noSharedMemory(obstacle);
  }
  return new ShmTransport({ ...options, onRefused: (reason) => note(errors.overSockets(reason)) });
}
