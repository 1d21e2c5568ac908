/**
 * Many ranks in one process, in virtual time over a modelled network: a program of a thousand ranks on a laptop, the time that it
 * would take elsewhere, and the same run again for the same seed.
 */
import type { Communicator } from '../comm/communicator.ts';
import * as errors from '../errors.ts';
import { NetworkModel, PICOSECONDS, picoseconds } from '../transport/memory/model.ts';
import { SimulatedNetwork } from '../transport/memory/simulated.ts';
import { type LocalOptions, LocalRun } from './local-run.ts';
import { NETWORK_OPTIONS, type NetworkOptions, type NetworkSetting, networkSetting } from './network-options.ts';
import { checkLocal, checkRun, isSeconds, LOCAL_OPTIONS, record, SECONDS } from './settings.ts';

export interface SimulateOptions extends NetworkOptions, LocalOptions {}

/** The time of a simulated rank. */
export interface SimulatedClock {
  /** Virtual seconds since the start. */
  readonly now: number;
  /** Resolves so many virtual seconds later: what computing would take. */
  sleep(seconds: number): Promise<void>;
}

/** A program: called once a rank, with that rank's communicator and clock. */
export type SimulatedProgram<T> = (comm: Communicator, clock: SimulatedClock) => T | Promise<T>;

export interface Simulated<T> {
  /** By rank; a rank that was lost on the way leaves a hole. */
  readonly results: T[];
  /** Virtual seconds until the last program had ended. */
  readonly time: number;
}

/**
 * Runs `program` on `size` ranks in virtual time over the network that `options` describe.
 *
 * Rejects like {@link spmd}: with the first error of a rank, with `ERR_DEADLOCK` at once where ranks wait and nothing is to come,
 * with `ERR_ARG` for options that can't be.
 */
export async function simulate<T>(
  size: number,
  program: SimulatedProgram<T>,
  options: SimulateOptions = {},
): Promise<Simulated<T>> {
  const call = 'simulate';
  checkRun(call, size, program);
  record(call, 'options', options, [...NETWORK_OPTIONS, ...LOCAL_OPTIONS]);
  checkLocal(call, options);
  return new Simulation<T>(size, options, networkSetting(call, size, options)).simulate(program);
}

class Simulation<T> extends LocalRun<T> {
  readonly #network: SimulatedNetwork;
  readonly #failures: NetworkSetting['failures'];
  /** Ranks that have been quiet, and about whom nobody has been told. */
  readonly #left = new Set<number>();
  #time = 0;

  constructor(size: number, options: LocalOptions, { model, seed, hosts, failures }: NetworkSetting) {
    const network = new SimulatedNetwork(size, { model: new NetworkModel(model), seed });
    super({ fabric: network, hosts, clock: (rank) => network.clock(rank) }, options);
    this.#network = network;
    this.#failures = failures;
  }

  async simulate(program: SimulatedProgram<T>): Promise<Simulated<T>> {
    for (const { rank, at } of this.#failures) {
      this.#network.at(picoseconds(at), rank, () => this.#lose(rank, at));
    }
    try {
      const results = await this.run(async (comm, rank) => {
        const result = await program(comm, this.#clock(rank));
        if (this.ranks[rank]?.state === 'running') this.#time = this.#network.now;
        return result;
      });
      return { results, time: this.#time / PICOSECONDS };
    } finally {
      this.#network.stop();
    }
  }

  /** Nobody is told at once: a thousand ranks would say a million good-byes. */
  override farewell(rank: number): void {
    this.#left.add(rank);
  }

  protected override rouse(): boolean {
    const left = [...this.#left].filter((rank) => this.ranks[rank]?.quiet);
    this.#left.clear();
    for (const { quiet, engine } of this.ranks) if (!quiet) for (const rank of left) engine.peerLeft(rank);
    return left.length > 0;
  }

  #lose(index: number, at: number): void {
    const rank = this.ranks[index];
    if (rank?.state !== 'running') return;
    this.#network.fail(index, errors.droppedRank(index, at));
    this.drop(rank);
  }

  #clock(rank: number): SimulatedClock {
    const network = this.#network;
    return {
      get now() {
        return network.now / PICOSECONDS;
      },
      sleep: async (seconds) => {
        if (!isSeconds(seconds)) throw errors.badSetting('sleep', 'the time', seconds, SECONDS);
        await new Promise<void>((resolve) => network.at(network.now + picoseconds(seconds), rank, resolve));
      },
    };
  }
}
