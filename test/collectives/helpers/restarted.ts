/** The collectives of a communicator by persistent requests, each started twice: only the second time with the values that count. */
import type { OpLike } from '../../../src/collectives/ops.ts';
import type { Communicator } from '../../../src/comm/communicator.ts';
import type { PersistentRequest } from '../../../src/p2p/persistent.ts';
import { isTypedArray, type TypedArray } from '../../../src/wire/dtype.ts';
import { isNdArray } from '../../../src/wire/ndarray.ts';
import type { CollectiveComm, Options } from './comm.ts';

export class Restarted implements CollectiveComm {
  readonly #comm: Communicator;

  constructor(comm: Communicator) {
    this.#comm = comm;
  }

  get rank(): number {
    return this.#comm.rank;
  }

  get size(): number {
    return this.#comm.size;
  }

  barrier = (options?: Options): Promise<void> => twice([], () => this.#comm.barrierInit(options));
  bcast = (value: unknown, root?: number, options?: Options): Promise<unknown> =>
    twice([value, options?.out], () => this.#comm.bcastInit(value, root, options));
  scatter = (values: unknown[] | undefined, root?: number, options?: Options): Promise<unknown> =>
    twice([...(values ?? []), options?.out], () => this.#comm.scatterInit(values, root, options));
  gather = (value: unknown, root?: number, options?: Options): Promise<unknown> =>
    twice([value, options?.out], () => this.#comm.gatherInit(value, root, options));
  allgather = (value: unknown, options?: Options): Promise<unknown> =>
    twice([value, options?.out], () => this.#comm.allgatherInit(value, options));
  alltoall = (values: unknown[], options?: Options): Promise<unknown> =>
    twice([...values, options?.out], () => this.#comm.alltoallInit(values, options));
  scatterv = (array: unknown, counts: readonly number[] | undefined, root?: number, options?: Options) =>
    twice([array, options?.out], () => this.#comm.scattervInit(array, counts, root, options));
  gatherv = (array: unknown, root?: number, options?: Options): Promise<unknown> =>
    twice([array, options?.out], () => this.#comm.gathervInit(array, root, options));
  allgatherv = (array: unknown, options?: Options): Promise<unknown> =>
    twice([array, options?.out], () => this.#comm.allgathervInit(array, options));
  alltoallv = (array: unknown, sendCounts: readonly number[], options?: Options): Promise<unknown> =>
    twice([array, options?.out], () => this.#comm.alltoallvInit(array, sendCounts, options));
  reduce = (value: unknown, op?: OpLike, root?: number, options?: Options): Promise<unknown> =>
    twice([value, options?.out], () => this.#comm.reduceInit(value, op, root, options));
  allreduce = (value: unknown, op?: OpLike, options?: Options): Promise<unknown> =>
    twice([value, options?.out], () => this.#comm.allreduceInit(value, op, options));
  scan = (value: unknown, op?: OpLike, options?: Options): Promise<unknown> =>
    twice([value, options?.out], () => this.#comm.scanInit(value, op, options));
  exscan = (value: unknown, op?: OpLike, options?: Options): Promise<unknown> =>
    twice([value, options?.out], () => this.#comm.exscanInit(value, op, options));
  reduceScatter = (array: unknown, counts: readonly number[], op?: OpLike, options?: Options): Promise<unknown> =>
    twice([array, options?.out], () => this.#comm.reduceScatterInit(array, counts, op, options));
  reduceScatterBlock = (array: unknown, op?: OpLike, options?: Options): Promise<unknown> =>
    twice([array, options?.out], () => this.#comm.reduceScatterBlockInit(array, op, options));
}

/**
 * Prepares a request and starts it with zeroes in all these arrays; puts back what they held, and starts it again. What the first start
 * gives, well or not, nobody looks at.
 */
async function twice<T>(given: readonly unknown[], init: () => PersistentRequest<T>): Promise<T> {
  const request = init();
  const arrays = given.map(memoryOf).filter((array) => array !== undefined);
  const contents = arrays.map((array) => array.slice());
  for (const array of arrays) (array as Uint8Array).fill(zeroOf(array) as number);
  await request.start().catch(() => {});
  for (const [index, array] of arrays.entries()) (array as Uint8Array).set(contents[index] as Uint8Array);
  return request.start();
}

function memoryOf(value: unknown): TypedArray | undefined {
  if (isTypedArray(value)) return value;
  return isNdArray(value) && isTypedArray(value.data) ? value.data : undefined;
}

function zeroOf(array: TypedArray): number | bigint {
  return array instanceof BigInt64Array || array instanceof BigUint64Array ? 0n : 0;
}
