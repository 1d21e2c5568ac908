/** Section 4 of the contract for one rank: every collective, without a socket or any other transport. */
import { describe, expect, it } from 'vitest';
import { createOp } from '../../src/collectives/ops.ts';
import type { SelectableName } from '../../src/collectives/registry.ts';
import { DEFAULT_SETTINGS, Member } from '../../src/comm/member.ts';
import { Engine } from '../../src/matching/engine.ts';
import { Router } from '../../src/transport/router.ts';

const of = (...elements: number[]) => Float64Array.of(...elements);

describe('a communicator of one rank, with no transport at all', () => {
  it('does every collective', async () => {
    const engine = new Engine({ transport: Router.alone(), endpoints: 1, liveness: { hold() {}, release() {} } });
    const job = { restart: 0, began() {}, abort: (): never => expect.unreachable() };
    const comm = new Member({ engine, job, settings: DEFAULT_SETTINGS, hosts: ['here'] }).world();
    const array = of(1, 2);
    const op = createOp((a: number) => a, { elementwise: true });
    const results: Record<SelectableName, unknown> = {
      barrier: await comm.barrier(),
      bcast: await comm.bcast(array),
      scatter: await comm.scatter([array]),
      scatterv: await comm.scatterv(array, [1], 0, { displs: [1] }),
      gather: await comm.gather('x'),
      gatherv: await comm.gatherv(array, 0, { displs: [1] }),
      allgather: await comm.allgather(array),
      allgatherv: await comm.allgatherv(array),
      alltoall: await comm.alltoall([null]),
      alltoallv: await comm.alltoallv(array, [1], { sendDispls: [1] }),
      reduce: await comm.reduce(array, op),
      allreduce: await comm.allreduce(true),
      scan: await comm.scan([1n]),
      exscan: await comm.exscan(array),
      reduceScatter: await comm.reduceScatter(array, [2]),
      reduceScatterBlock: await comm.reduceScatterBlock(array),
    };
    expect(results).toEqual({
      barrier: undefined,
      bcast: array,
      scatter: array,
      scatterv: of(2),
      gather: ['x'],
      gatherv: of(0, 1, 2),
      allgather: [array],
      allgatherv: array,
      alltoall: [null],
      alltoallv: of(2),
      reduce: array,
      allreduce: 1,
      scan: [1n],
      exscan: undefined,
      reduceScatter: array,
      reduceScatterBlock: array,
    });
  });
});
