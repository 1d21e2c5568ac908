/** Many ranks in one process: the same communicator, over memory. Needs no launcher, so any test runner can test SPMD code. */
import { hostname } from 'node:os';
import type { Communicator } from '../comm/communicator.ts';
import { MemoryNetwork } from '../transport/memory/network.ts';
import { type LocalOptions, LocalRun, type Surroundings } from './local-run.ts';
import { checkLocal, checkRun, checkSeed, LOCAL_OPTIONS, record } from './settings.ts';

/** A program: called once a rank, with that rank's communicator. */
export type SpmdProgram<T> = (comm: Communicator) => T | Promise<T>;

export interface SpmdOptions extends LocalOptions {
  /**
   * Draws the order in which messages of different pairs are delivered. The same seed gives the same order; without one, messages
   * arrive in the order in which they were sent.
   */
  seed?: number;
}

/**
 * Runs `program` on `size` ranks in this process and gives their results, by rank.
 *
 * Rejects with the first error of a rank; the calls of the others fail then. A deadlock rejects at once with `ERR_DEADLOCK`, and says
 * what each rank waits for.
 */
export async function spmd<T>(size: number, program: SpmdProgram<T>, options: SpmdOptions = {}): Promise<T[]> {
  checkRun('spmd', size, program);
  checkSeed('spmd', record('spmd', 'options', options, ['seed', ...LOCAL_OPTIONS]).seed);
  checkLocal('spmd', options);
  return new Spmd<T>(size, options).run(program);
}

export class Spmd<T> extends LocalRun<T> {
  /** @param hosts - of each rank, for tests; left out: this one. */
  constructor(
    size: number,
    { seed, ...options }: SpmdOptions,
    boards?: Surroundings['boards'],
    hosts: readonly string[] = new Array<string>(size).fill(hostname()),
  ) {
    super({ fabric: new MemoryNetwork(size, { seed }), hosts, boards }, options);
  }

  /** Says good-bye: who waits for it hears it. Not at once: between two steps of a collective nothing of it is under way for a moment. */
  override farewell(rank: number): void {
    setImmediate(() => {
      const leaving = this.ranks[rank];
      if (leaving?.quiet) leaving.engine.leave();
    });
  }

  protected override rouse(): boolean {
    return false;
  }
}
