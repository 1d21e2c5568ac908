import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { Job } from '../../bench/lib/job.ts';
import { median, medianOfRuns } from '../../bench/lib/medians.ts';
import type { Result } from '../../bench/lib/result.ts';
import { BENCHES } from '../../bench/lib/suite.ts';
import { alternate, type System } from '../../bench/lib/system.ts';
import { absence, problemOf } from '../../bench/peers/find.ts';
import { PEERS } from '../../bench/peers/peers.ts';

const peer = (name: string) => PEERS.find((peer) => peer.name === name)!;

function job(bench: string, transport: string, ranks = 2): Job {
  return { program: bench, ranks, transport, settings: { bench, sizes: [8, 1024], seconds: 0.1 } };
}

describe('the command of', () => {
  test('Open MPI names its transport, so that TCP is not shared memory', () => {
    const { args } = peer('openmpi').command(job('latency', 'tcp'), '/mpi');
    const tcp = '-n 2 --mca pml ob1 --mca btl tcp,self --mca btl_tcp_if_include lo /mpi latency 0.1 8 1024';
    expect(args.filter((arg) => arg !== '--oversubscribe').join(' ')).toBe(tcp);
    expect(peer('openmpi').command(job('latency', 'shm'), '/mpi').args.join(' ')).toContain('btl vader,self /mpi');
  });

  test('Open MPI has more ranks than cores only on request', () => {
    const crowd = (ranks: number) =>
      peer('openmpi')
        .command(job('barrier', 'shm', ranks), '/mpi')
        .args.includes('--oversubscribe');
    expect(crowd(availableParallelism())).toBe(false);
    expect(crowd(availableParallelism() + 1)).toBe(true);
  });

  test('MPICH turns shared memory off by its environment, for TCP only', () => {
    const tcp = peer('mpich').command(job('bcast', 'tcp', 4), '/mpi');
    expect([tcp.command, ...tcp.args].join(' ')).toBe('mpiexec.hydra -n 4 /mpi bcast 0.1 8 1024');
    expect(tcp.env).toEqual({ MPIR_CVAR_NOLOCAL: '1', UCX_TLS: 'tcp,self', UCX_NET_DEVICES: 'lo' });
    expect(peer('mpich').command(job('bcast', 'shm', 4), '/mpi').env).toBeUndefined();
  });

  test('mpi4py passes the objects as JSON, and starts nothing but itself to measure its start', () => {
    const settings = peer('mpi4py').command(job('objects', 'tcp'), 'objects.py').args.at(-1)!;
    const given = JSON.parse(settings) as { bench: string; objects: object };
    expect(given).toMatchObject({ bench: 'objects', seconds: 0.1 });
    expect(Object.keys(given.objects)).toContain('small object');
    expect(peer('mpi4py').command(job('startup', 'tcp'), 'objects.py').args.at(-1)).toBe('from mpi4py import MPI');
  });

  test('the machine itself names what to move the bytes by', () => {
    expect(peer('sockets').command(job('latency', 'tcp'), '/l').args).toEqual(['latency', 'tcp', '0.1', '8', '1024']);
    expect(peer('memcpy').command(job('bandwidth', 'shm'), '/l').args[1]).toBe('memcpy');
  });
});

describe('peers', () => {
  test('measure benches that there are', () => {
    for (const { benches } of PEERS) for (const bench of benches) expect(BENCHES).toHaveProperty(bench);
  });

  test('that are not installed are left out in one line that says what would bring them', () => {
    const problem = problemOf(peer('mpich'), (command) => command === 'gcc');
    expect(absence(peer('mpich'), problem!)).toBe(
      'MPICH is left out: there is no mpiexec.hydra, no mpicc.mpich; on Debian: apt-get install mpich libmpich-dev gcc',
    );
    expect(problemOf(peer('mpich'), () => true)).toBeUndefined();
  });
});

describe('turns', () => {
  const result = (system: string, p50: number): Result => {
    const times = { min: p50 - 1, p50, p99: p50 + 1, max: p50 + 2, mean: p50 };
    return { bench: 'latency', bytes: 8, ranks: 2, transport: 'tcp', system, samples: 10, ...times };
  };

  function system(name: string, order: string[], times: number[], transports = ['tcp']): System {
    return {
      name,
      title: name,
      measures: ({ transport }) => transports.includes(transport),
      measure() {
        order.push(name);
        const time = times.shift();
        return time === undefined ? Promise.reject(new Error(`${name} fails`)) : Promise.resolve([result(name, time)]);
      },
    };
  }

  test('go round, and the medians of each system count', async () => {
    const order: string[] = [];
    const systems = [system('a', order, [5, 900, 6]), system('b', order, [7, 3, 4]), system('c', order, [1], ['shm'])];
    const failed = (error: Error) => expect.fail(error.message);
    const results = await alternate(systems, job('latency', 'tcp'), { repeats: 3, quick: false, failed });
    expect(order.join('')).toBe('ababab');
    expect(results).toEqual([
      { ...result('a', 6), samples: 30, min: 4, max: 902 },
      { ...result('b', 4), samples: 30, min: 2, max: 9 },
    ]);
  });

  test('go on without the one that fails', async () => {
    const order: string[] = [];
    const said: string[] = [];
    const systems = [system('a', order, [5]), system('b', order, [7, 3, 4])];
    const failed = (error: Error) => said.push(error.message);
    const results = await alternate(systems, job('latency', 'tcp'), { repeats: 3, quick: false, failed });
    expect(order.join('')).toBe('ababb');
    expect(said).toEqual(['a fails']);
    expect(results.map(({ system, p50 }) => [system, p50])).toEqual([
      ['a', 5],
      ['b', 4],
    ]);
  });

  test('give rates and what has none alike', () => {
    const run = (MBps: number) => [{ ...result('a', 5), MBps }];
    expect(medianOfRuns([run(10), run(30), run(20)])[0]).toMatchObject({ MBps: 20, p50: 5 });
    expect(medianOfRuns([[result('a', 5)]])[0]).toEqual(result('a', 5));
    expect(median([4, 1, 3, 2])).toBe(2);
    expect(() => median([])).toThrow(RangeError);
  });
});
