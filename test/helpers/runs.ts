/** Ways to run the same program on n ranks: every suite of the contract runs over all of them. */

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Communicator } from '../../src/comm/communicator.ts';
import { DEFAULT_SETTINGS, type Job, Member } from '../../src/comm/member.ts';
import { Engine } from '../../src/matching/engine.ts';
import { nativeFrom } from '../../src/runtime/native.ts';
import { Progress } from '../../src/runtime/progress.ts';
import { type SpmdOptions, spmd } from '../../src/runtime/spmd.ts';
import { Router } from '../../src/transport/router.ts';
import { SHARED_MEMORY } from '../../src/transport/shm/segment.ts';
import { ShmTransport } from '../../src/transport/shm/transport.ts';
import { type MeshOptions, SocketMesh } from '../../src/transport/socket/mesh.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { withBoards } from './boards.ts';

export type Program<T> = (comm: Communicator) => T | Promise<T>;
export type Run = <T>(size: number, program: Program<T>, options?: Pick<SpmdOptions, 'segmentBytes'>) => Promise<T[]>;

export const overMemory: Run = (size, program, options) => spmd(size, program, options);

/** Messages of different pairs in a random order, and so small an eager limit that nearly everything is a rendezvous. */
export const shuffled: Run = (size, program, options) =>
  spmd(size, program, { ...options, seed: 20261121, eagerLimit: 64 });

/** Collectives through memory that all ranks share, as soon as they can. */
const overBoards: Run = (size, program, options) => withBoards(size, program, { ...options, seed: 4 });

/** One mesh of every rank, and whom it reaches: everybody, or the ranks of the same host, or of other hosts. */
type MeshKind = Pick<MeshOptions, 'kind' | 'tls' | 'links' | 'native'> & {
  readonly reaches?: 'near' | 'far';
  /** Bytes of a ring in shared memory, offered with the first frame of a pair; none: sockets only. */
  readonly ring?: number;
};

/** Two hosts, as far as the transport can tell: even ranks on one, odd ranks on the other. */
const sameHost = (one: number, other: number) => one % 2 === other % 2;

/** Real sockets, all ranks in this process. */
function overSockets(...kinds: readonly MeshKind[]): Run {
  return async (size, program, options = {}) => {
    const folder = await mkdtemp(join(tmpdir(), 'tsmpi-test-'));
    const endpoints = Array.from({ length: size }, (_, index) => index);
    const common = { size, job: randomBytes(8).toString('hex'), epoch: 0, secret: randomBytes(32).toString('hex') };
    const meshes = await Promise.all(
      kinds.map(({ reaches, ring: _, ...kind }) =>
        Promise.all(
          endpoints.map((self) =>
            SocketMesh.listen({
              ...common,
              ...kind,
              self,
              listen: kind.kind === 'unix' ? join(folder, `${self}`) : '127.0.0.1',
              peers: endpoints.filter((peer) => reaches === undefined || sameHost(self, peer) === (reaches === 'near')),
            }),
          ),
        ),
      ),
    );
    const anchor = { hold() {}, release() {} };
    const transports = endpoints.map((rank) => {
      const [first, second] = meshes.map((mesh, at) => withMemory(mesh[rank]!, kinds[at]!));
      const choose = (peer: number) => (second === undefined || sameHost(rank, peer) ? first! : second);
      return new Router(rank, second === undefined ? [first!] : [first!, second], choose);
    });
    const members = transports.map((transport) => {
      const [native] = kinds.flatMap((kind) => kind.native ?? []);
      const liveness = native && new Progress({ transport, anchor, crowded: false, native });
      const engine = new Engine({ transport, endpoints: size, liveness: liveness ?? anchor });
      const job: Job = {
        restart: 0,
        abort: () => fail('abort'),
        began: (domain) => void setTimeout(() => domain.inquire() && domain.inquire(), 50),
      };
      const settings = { ...DEFAULT_SETTINGS, ...options };
      const hosts = endpoints.map((peer) => (kinds.length > 1 && !sameHost(peer, 0) ? 'other' : 'here'));
      return { engine, comm: new Member({ engine, job, settings, hosts }).world() };
    });
    try {
      for (const mesh of meshes) {
        const addresses = mesh.map(({ address }) => address);
        await Promise.all(mesh.map((one) => one.connect(addresses)));
      }
      return await Promise.all(members.map(({ comm }) => program(comm)));
    } finally {
      for (const { engine } of members) engine.leave();
      await Promise.all(transports.map((transport) => transport.close()));
      await rm(folder, { recursive: true, force: true });
    }
  };
}

/** The mesh itself, or one whose endpoints share memory, where they can. */
function withMemory(mesh: SocketMesh, { ring: capacity, native }: MeshKind): Transport {
  if (capacity === undefined || native === undefined) return mesh;
  return new ShmTransport({ mesh, native, folder: SHARED_MEMORY, capacity, offerAfter: 1 });
}

function fail(what: string): never {
  throw new Error(`${what} is not part of this run`);
}

export const runs: readonly (readonly [name: string, run: Run])[] = [
  ['memory', overMemory],
  ['memory, shuffled', shuffled],
  ['boards', overBoards],
  ['unix sockets', overSockets({ kind: 'unix', native: nativeFrom(undefined) })],
  // So small that most of what is sent has to wait for room.
  ['shared memory', overSockets({ kind: 'unix', native: nativeFrom(undefined), ring: 4096 })],
  ['tcp sockets', overSockets({ kind: 'tcp' })],
  ['tcp, tls, lazy', overSockets({ kind: 'tcp', tls: true, links: 'lazy' })],
  [
    'two hosts',
    overSockets({ kind: 'unix', reaches: 'near' }, { kind: 'tcp', tls: true, links: 'lazy', reaches: 'far' }),
  ],
];
