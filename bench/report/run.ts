/** A file of results: what one run of the bench leaves, and reads again to compare or to report. */
import { readFile } from 'node:fs/promises';
import type { Machine } from '../lib/machine.ts';
import type { Result } from '../lib/result.ts';

export interface Run {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly machine: Machine;
  /** The arguments of the bench. */
  readonly options: readonly string[];
  /** How each system is called, with its version. */
  readonly systems: Readonly<Record<string, string>>;
  readonly results: readonly Result[];
}

/** @throws Error that names the file if it is none, or none of this bench. */
export async function readRun(path: string): Promise<Run> {
  const run = JSON.parse(await readFile(path, 'utf8')) as Partial<Run>;
  const { startedAt, machine, results } = run;
  if (startedAt === undefined || machine === undefined || !Array.isArray(results)) {
    throw new Error(`${path} holds no results of this bench: give what --json wrote`);
  }
  return { startedAt, machine, results, options: run.options ?? [], systems: run.systems ?? {} };
}
