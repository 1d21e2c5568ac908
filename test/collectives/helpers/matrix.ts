/**
 * Every collective, by every algorithm, against the oracle: one program for every carrier of a communicator.
 *
 * Each rank computes on its own what it must get, so a run needs nothing but the communicator.
 */
import { HostMap } from '../../../src/collectives/levels/host-map.ts';
import { SELECTABLE, type SelectableName } from '../../../src/collectives/registry.ts';
import { messageNamesOf } from '../../../src/collectives/selection.ts';
import { Checks, type Run } from './checks.ts';
import type { CollectiveComm } from './comm.ts';
import { MOVEMENT } from './movement.ts';
import { REDUCTIONS } from './reductions.ts';

export interface MatrixOptions {
  /** Only these collectives. */
  only?: readonly string[];
  /** Further array lengths, for deep pipelines. */
  lengths?: readonly number[];
  /** Every root, else three of them. Default: up to 9 ranks. */
  everyRoot?: boolean;
  /** This root alone. */
  root?: number;
  /** The ranks of a host do not follow one on another. Default: what the communicator says. */
  scattered?: boolean;
}

export interface MatrixResult {
  rank: number;
  checks: number;
  failures: string[];
}

const PARTS = { ...MOVEMENT, ...REDUCTIONS };

/** Runs the matrix on one rank; all ranks of the communicator must. */
export async function matrixProgram(comm: CollectiveComm, options: MatrixOptions = {}): Promise<MatrixResult> {
  const n = comm.size;
  const ranks = Array.from({ length: n }, (_, rank) => rank);
  const run: Run = {
    comm,
    checks: new Checks(),
    lengths: [...new Set([0, 1, n - 1, n, n + 1, ...(options.lengths ?? [])])],
    roots: options.root !== undefined ? [options.root] : rootsOf(options.everyRoot ?? n <= 9, ranks),
    ranks,
    scattered: options.scattered ?? !new HostMap(comm.hosts ?? []).consecutive,
  };
  for (const name of options.only ?? SELECTABLE) {
    const part = PARTS[name];
    if (part === undefined) throw new Error(`no checks for ${name}`);
    const names = messageNamesOf(name as SelectableName);
    for (const algorithm of [undefined, ...names]) {
      await part(run, algorithm, `${name} by ${algorithm ?? 'choice'} on ${comm.rank} of ${n}`);
    }
  }
  return { rank: comm.rank, checks: run.checks.count, failures: run.checks.failures };
}

function rootsOf(every: boolean, ranks: readonly number[]): readonly number[] {
  const n = ranks.length;
  return every ? ranks : [...new Set([0, Math.floor(n / 2), n - 1])];
}

/** Runs the matrix on `size` ranks that `run` starts. @returns what failed, on whichever rank. */
export async function collectiveMatrix(
  run: (size: number, program: (comm: CollectiveComm) => Promise<MatrixResult>) => Promise<MatrixResult[]>,
  size: number,
  options: MatrixOptions = {},
): Promise<string[]> {
  const results = await run(size, (comm) => matrixProgram(comm, options));
  if (results.some(({ checks }) => checks === 0) && options.only?.join() !== 'barrier') return ['nothing was checked'];
  return results.flatMap(({ failures }) => failures);
}
