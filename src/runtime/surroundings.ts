/** The meshes that connect a rank with the others: one within its host, made at the start, and one to all other hosts, made as needed. */
import type { Address, ToRank } from '../contract/control.ts';
import type { NativeSource } from '../native/native.ts';
import { Router } from '../transport/router.ts';
import { SocketMesh } from '../transport/socket/mesh.ts';
import type { Transport } from '../transport/transport.ts';

type Start = Extract<ToRank, { type: 'start' }>;

export class Surroundings {
  readonly transport: Transport;
  readonly #local: SocketMesh | undefined;
  readonly #remote: SocketMesh | undefined;

  /** Rejects with `ERR_LAUNCH` where this rank can't listen. */
  static async listen(start: Start, native: NativeSource): Promise<Surroundings> {
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
    return new Surroundings(rank, near, localMesh, remoteMesh);
  }

  private constructor(
    rank: number,
    near: (peer: number) => boolean,
    local: SocketMesh | undefined,
    remote: SocketMesh | undefined,
  ) {
    this.#local = local;
    this.#remote = remote;
    const [first] = [local, remote].filter((mesh) => mesh !== undefined);
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
