/** Expectations of a program that runs on many ranks: counted, and told when all is over. */
import { isDeepStrictEqual } from 'node:util';
import { isNdArray } from '../../../src/wire/ndarray.ts';
import type { CollectiveComm } from './comm.ts';

/** What one part of the matrix works with. */
export interface Run {
  readonly comm: CollectiveComm;
  readonly checks: Checks;
  readonly lengths: readonly number[];
  readonly roots: readonly number[];
  /** 0 … size - 1. */
  readonly ranks: readonly number[];
  /** The ranks of a host do not follow one on another. */
  readonly scattered: boolean;
}

/** All checks of one collective by one algorithm; undefined: the one that the selection takes. */
export type Part = (run: Run, algorithm: string | undefined, label: string) => Promise<void>;

/** Counts checks; the first ones that fail are told. */
export class Checks {
  count = 0;
  readonly failures: string[] = [];

  equal(label: string, actual: unknown, expected: unknown): void {
    this.count++;
    if (isDeepStrictEqual(plain(actual), plain(expected))) return;
    if (this.failures.length < 20) this.failures.push(`${label}: ${show(actual)} instead of ${show(expected)}`);
  }

  async rejects(label: string, promise: Promise<unknown>, code: string): Promise<void> {
    const outcome = await promise.then(
      () => 'no error',
      (error: { code?: string }) => error.code ?? String(error),
    );
    this.equal(label, outcome, code);
  }
}

/** ndarrays compare by shape and elements. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  return isNdArray(value) ? { shape: value.shape, data: value.data, stride: value.stride } : value;
}

function show(value: unknown): string {
  const text = ArrayBuffer.isView(value)
    ? `${value.constructor.name} ${String(value)}`
    : JSON.stringify(value, bigints);
  return String(text).slice(0, 120);
}

function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}
