/** Ways to run the same program on n ranks: every suite of the contract runs over all of them. */

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Communicator } from '../../src/comm/communicator.ts';
import { DEFAULT_SETTINGS, Domain, type Job } from '../../src/comm/domain.ts';
import { Engine } from '../../src/matching/engine.ts';
import { type SpmdOptions, spmd } from '../../src/runtime/spmd.ts';
import { Router } from '../../src/transport/router.ts';
import { SocketMesh } from '../../src/transport/socket/mesh.ts';

export type Program<T> = (comm: Communicator) => T | Promise<T>;
export type Run = <T>(
  size: number,
  program: Program<T>,
  options?: Pick<SpmdOptions, 'segmentBytes' | 'algorithms'>,
) => Promise<T[]>;

export const overMemory: Run = (size, program, options) => spmd(size, program, options);

/** Messages of different pairs in a random order, and so small an eager limit that nearly everything is a rendezvous. */
export const shuffled: Run = (size, program, options) =>
  spmd(size, program, { ...options, seed: 20261121, eagerLimit: 64 });

/** Real sockets, all ranks in this process. */
function overSockets(kind: 'unix' | 'tcp'): Run {
  return async (size, program, options = {}) => {
    const folder = await mkdtemp(join(tmpdir(), 'tsmpi-test-'));
    const job = randomBytes(8).toString('hex');
    const secret = randomBytes(32).toString('hex');
    const meshes = await Promise.all(
      Array.from({ length: size }, (_, self) =>
        SocketMesh.listen({
          kind,
          self,
          size,
          job,
          epoch: 0,
          secret,
          listen: kind === 'unix' ? join(folder, `${self}`) : '127.0.0.1',
        }),
      ),
    );
    const liveness = { hold() {}, release() {} };
    const endpoints = Array.from({ length: size }, (_, index) => index);
    const transports = meshes.map((mesh) => Router.over(mesh));
    const members = transports.map((transport, rank) => {
      const engine = new Engine({ transport, endpoints: size, liveness });
      const job: Job = {
        restart: 0,
        abort: () => fail('abort'),
        began: (domain) => void setTimeout(() => domain.inquire() && domain.inquire(), 50),
      };
      const settings = {
        ...DEFAULT_SETTINGS,
        ...(options.segmentBytes === undefined ? {} : { segmentBytes: options.segmentBytes }),
        ...(options.algorithms === undefined ? {} : { algorithms: new Map(Object.entries(options.algorithms)) }),
      };
      const domain = new Domain({ engine, contextId: 0, name: 'world', endpoints, rank, job, settings });
      return { engine, comm: new Communicator(domain) };
    });
    try {
      await Promise.all(meshes.map((mesh) => mesh.connect(meshes.map(({ address }) => address))));
      return await Promise.all(members.map(({ comm }) => program(comm)));
    } finally {
      for (const { engine } of members) engine.leave();
      await Promise.all(transports.map((transport) => transport.close()));
      await rm(folder, { recursive: true, force: true });
    }
  };
}

function fail(what: string): never {
  throw new Error(`${what} is not part of this run`);
}

export const runs: readonly (readonly [name: string, run: Run])[] = [
  ['memory', overMemory],
  ['memory, shuffled', shuffled],
  ['unix sockets', overSockets('unix')],
  ['tcp sockets', overSockets('tcp')],
];
