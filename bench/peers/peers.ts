/** The other systems: what each needs, what it can be compared in, and the command that makes the comparison fair. */
import { availableParallelism } from 'node:os';
import type { Command } from '../lib/command.ts';
import type { Job } from '../lib/job.ts';
import { OBJECTS } from '../lib/objects.ts';

export interface Peer {
  /** As it stands in results. */
  readonly name: string;
  readonly title: string;
  /** Commands that must be there. */
  readonly needs: readonly string[];
  /** The Debian packages that bring them. */
  readonly packages: string;
  /** Prints the version somewhere; none for a program of the bench itself. */
  readonly version?: readonly [command: string, ...args: string[]];
  /** Of bench/peers, and what it is compiled by, if it is. */
  readonly source: { readonly file: string; readonly compiler?: string };
  readonly benches: ReadonlySet<string>;
  readonly transports: ReadonlySet<string>;
  /** @param program - what was compiled, or the source. */
  readonly command: (job: Job, program: string) => Command;
}

const PYTHON = '/usr/bin/python3';
const COLLECTIVES = ['bcast', 'reduce', 'allreduce', 'scan', 'exscan', 'gather', 'allgather', 'scatter', 'alltoall'];
const C_BENCHES = new Set([
  ...['latency', 'bandwidth', 'bibandwidth', 'message-rate', 'multi-pair', 'barrier', 'startup', 'idle'],
  ...COLLECTIVES,
  'reduceScatterBlock',
]);
const MPI_TRANSPORTS = new Set(['tcp', 'shm']);

const programArgs = ({ settings: { bench, seconds, sizes } }: Job): string[] => [
  bench,
  String(seconds),
  ...sizes.map(String),
];

/** Without the choice of transport Open MPI takes shared memory on one machine, by what version 5 calls `sm` and also knows as `vader`. */
function openMpi({ ranks, transport }: Job, ...program: readonly string[]): Command {
  const carrier = transport === 'tcp' ? ['tcp,self', '--mca', 'btl_tcp_if_include', 'lo'] : ['vader,self'];
  const crowd = ranks > availableParallelism() ? ['--oversubscribe'] : [];
  return {
    command: 'mpirun.openmpi',
    args: ['-n', String(ranks), ...crowd, '--mca', 'pml', 'ob1', '--mca', 'btl', ...carrier, ...program],
    env: { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' },
  };
}

/** The machine itself, without any message passing: peers/ladder.c. */
function machine(name: string, title: string, transports: readonly string[], benches: readonly string[]): Peer {
  return {
    name,
    title,
    needs: ['gcc'],
    packages: 'gcc libc6-dev',
    source: { file: 'ladder.c', compiler: 'gcc' },
    benches: new Set(benches),
    transports: new Set(transports),
    command: ({ transport, settings: { bench, seconds, sizes } }, program) => ({
      command: program,
      args: [bench, name === 'memcpy' ? name : transport, String(seconds), ...sizes.map(String)],
    }),
  };
}

export const PEERS: readonly Peer[] = [
  {
    name: 'openmpi',
    title: 'Open MPI',
    needs: ['mpirun.openmpi', 'mpicc.openmpi', 'gcc'],
    packages: 'openmpi-bin libopenmpi-dev gcc',
    version: ['mpirun.openmpi', '--version'],
    source: { file: 'mpi.c', compiler: 'mpicc.openmpi' },
    benches: C_BENCHES,
    transports: MPI_TRANSPORTS,
    command: (job, program) => openMpi(job, program, ...programArgs(job)),
  },
  {
    name: 'mpich',
    title: 'MPICH',
    needs: ['mpiexec.hydra', 'mpicc.mpich', 'gcc'],
    packages: 'mpich libmpich-dev gcc',
    version: ['mpiexec.hydra', '--version'],
    source: { file: 'mpi.c', compiler: 'mpicc.mpich' },
    benches: C_BENCHES,
    transports: MPI_TRANSPORTS,
    command: (job, program) => ({
      command: 'mpiexec.hydra',
      args: ['-n', String(job.ranks), program, ...programArgs(job)],
      // MPICH 4.0 over TCP and UCX does not always come back from MPI_Finalize with more ranks than cores.
      lastLine: 'done',
      // As Debian builds it, over UCX. Without these it takes shared memory on one machine.
      ...(job.transport === 'tcp' && {
        env: { MPIR_CVAR_NOLOCAL: '1', UCX_TLS: 'tcp,self', UCX_NET_DEVICES: 'lo' },
      }),
    }),
  },
  {
    name: 'mpi4py',
    title: 'mpi4py',
    needs: ['mpirun.openmpi', PYTHON],
    packages: 'python3-mpi4py python3-numpy openmpi-bin',
    version: [PYTHON, '-c', 'import mpi4py, numpy; print(mpi4py.__version__)'],
    source: { file: 'objects.py' },
    benches: new Set(['objects', 'objects-bcast', 'objects-allreduce', 'latency', 'allreduce', 'startup']),
    transports: MPI_TRANSPORTS,
    command: (job, program) => {
      const { bench, seconds, sizes } = job.settings;
      if (bench === 'startup') return openMpi(job, PYTHON, '-c', 'from mpi4py import MPI');
      const objects = Object.fromEntries(Object.entries(OBJECTS).map(([kind, create]) => [kind, create()]));
      return openMpi(job, PYTHON, '-m', 'mpi4py', program, JSON.stringify({ bench, seconds, sizes, objects }));
    },
  },
  machine('sockets', 'bare sockets', ['tcp', 'unix'], ['latency', 'bandwidth']),
  machine('memory', 'bare shared memory', ['shm'], ['latency', 'bandwidth']),
  machine('memcpy', 'memcpy', ['shm'], ['bandwidth']),
];
