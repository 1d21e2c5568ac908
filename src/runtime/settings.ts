/** Checks of what `spmd` and `simulate` are told: each throws `ERR_ARG`, naming the call, the option, and what would be right. */
import { ENDPOINTS } from '../comm/context-ids.ts';
import * as errors from '../errors.ts';
import type { LocalOptions } from './local-run.ts';

/** Times are summed up in picoseconds: what is longer than 31 years is a mistake. */
const MAX_SECONDS = 1e9;
export const SECONDS = 'a number of seconds from 0 to 1e9';

export const LOCAL_OPTIONS = ['eagerLimit', 'segmentBytes', 'algorithms'] as const satisfies (keyof LocalOptions)[];

export function checkRun(call: string, size: unknown, program: unknown): void {
  if (!(Number.isInteger(size) && (size as number) >= 1 && (size as number) <= ENDPOINTS)) {
    throw errors.badSetting(call, 'the number of ranks', size, `an integer from 1 to ${ENDPOINTS}`);
  }
  if (typeof program !== 'function') throw errors.badSetting(call, 'the program', program, 'a function');
}

export function checkLocal(call: string, { eagerLimit, segmentBytes, algorithms = {} }: LocalOptions): void {
  const bytes = (value: unknown, least: number) => Number.isSafeInteger(value) && (value as number) >= least;
  if (eagerLimit !== undefined && !bytes(eagerLimit, 0)) {
    throw errors.badSetting(call, 'eagerLimit', eagerLimit, 'a number of bytes, 0 or more');
  }
  if (segmentBytes !== undefined && !bytes(segmentBytes, 1)) {
    throw errors.badSetting(call, 'segmentBytes', segmentBytes, 'a number of bytes, 1 or more');
  }
  const named = typeof algorithms === 'object' && algorithms !== null;
  if (!named || Object.values(algorithms).some((name) => typeof name !== 'string')) {
    throw errors.badSetting(call, 'algorithms', algorithms, "names by collective, as in { allreduce: 'ring' }");
  }
}

export function checkSeed(call: string, seed: unknown): void {
  if (seed !== undefined && !Number.isSafeInteger(seed)) throw errors.badSetting(call, 'seed', seed, 'an integer');
}

/** An object with no other names than these. */
export function record<T extends object>(call: string, name: string, value: T, known: readonly string[]): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw errors.badSetting(call, name, value, `an object with ${known.join(', ')}`);
  }
  const stray = Object.keys(value).find((key) => !known.includes(key));
  if (stray === undefined) return value;
  throw errors.unknownSetting(call, name === 'options' ? stray : `${name}.${stray}`, known);
}

export function list<T>(call: string, name: string, value: readonly T[]): readonly T[] {
  if (!Array.isArray(value)) throw errors.badSetting(call, name, value, 'an array');
  return value;
}

export function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_SECONDS;
}

export function isRank(value: unknown, size: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < size;
}

export function rankUpTo(size: number): string {
  return size === 1 ? 'rank 0' : `a rank from 0 to ${size - 1}`;
}
