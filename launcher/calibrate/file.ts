/** The file that keeps what `tsrun calibrate` has measured, one for each host: homes may be shared. */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { HostTimes, LinkTimes, Reading } from '../../src/contract/calibration.ts';
import type { Env } from '../../src/contract/outer.ts';
import { makeDirectory } from '../io/make-directory.ts';
import { systemReason } from '../io/system-reason.ts';

/** Raised when older files cannot be read any more. */
export const FORMAT = 1;
/** A file of ours is much smaller. */
const MOST_BYTES = 2 ** 20;

export const LOCAL_KINDS = ['shm', 'unix', 'tcp'] as const;
export type LocalKind = (typeof LOCAL_KINDS)[number];
/** Between hosts: without TLS and with it. */
export const REMOTE_KINDS = ['tcp', 'tls'] as const;
export type RemoteKind = (typeof REMOTE_KINDS)[number];

export interface Measured {
  readonly format: typeof FORMAT;
  readonly tsmpi: string;
  readonly node: string;
  /** The model of the processor, and how many there are. */
  readonly cpu: string;
  readonly cores: number;
  /** As ISO 8601 has it. */
  readonly date: string;
  readonly reading: Reading;
  readonly within: Readonly<Partial<Record<LocalKind, HostTimes>>>;
  readonly between: Readonly<Partial<Record<RemoteKind, LinkTimes>>>;
}

/** The machine that a file is about. */
export type Machine = Pick<Measured, 'cpu' | 'cores'>;

export function cacheFile(env: Env, hostname: string): string {
  const folder = env.XDG_CACHE_HOME?.startsWith('/') ? env.XDG_CACHE_HOME : join(homedir(), '.cache');
  return join(folder, 'tsmpi', `calibration-${hostname.replace(/[^\w.-]/g, '_')}.json`);
}

/** In one step: who reads at the same time finds the old file or the new one. @throws Error of the system. */
export function writeMeasured(path: string, measured: Measured): void {
  makeDirectory(dirname(resolve(path)));
  const unfinished = `${path}.${process.pid}`;
  try {
    writeFileSync(unfinished, `${JSON.stringify(measured, null, 1)}\n`);
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

/** What is in the file, or in words why that is of no use. */
export function readMeasured(path: string): Measured | string {
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > MOST_BYTES) return 'it is too large';
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'it is not there' : systemReason(error);
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return 'it is no JSON';
  }
  if (!isRecord(content)) return 'it is nothing that tsrun calibrate has written';
  if (content.format !== FORMAT) return `its format is ${JSON.stringify(content.format)}, and not ${FORMAT}`;
  return isMeasured(content) ? content : 'it is nothing that tsrun calibrate has written';
}

/** Why it says nothing about this machine; undefined: it does. */
export function stranger({ cpu, cores }: Measured, machine: Machine): string | undefined {
  if (cpu === machine.cpu && cores === machine.cores) return undefined;
  return `it is of a machine with ${cores} of ${cpu}`;
}

function isMeasured(content: Record<string, unknown>): content is Record<string, unknown> & Measured {
  const { cores, reading, within, between } = content;
  const texts = [content.tsmpi, content.node, content.cpu, content.date].every((value) => typeof value === 'string');
  if (!texts || !Number.isInteger(cores) || !isTime(cores) || cores === 0) return false;
  if (!isRecord(reading) || !isTime(reading.gamma) || !isTime(reading.landing)) return false;
  return every(within, LOCAL_KINDS, isHostTimes) && every(between, REMOTE_KINDS, isLinkTimes);
}

function every(value: unknown, known: readonly string[], check: (entry: unknown) => boolean): boolean {
  return isRecord(value) && Object.entries(value).every(([kind, entry]) => known.includes(kind) && check(entry));
}

function isHostTimes(value: unknown): boolean {
  return isLinkTimes(value) && isRecord(value) && isEffort(value.calm) && isEffort(value.crowded);
}

function isLinkTimes(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const times = [value.latency, value.overhead, value.asking].every(isTime);
  return times && [value.eagerBandwidth, value.bandwidth].every((speed) => isTime(speed) && speed > 0);
}

function isEffort(value: unknown): boolean {
  return isRecord(value) && [value.message, value.eagerByte, value.byte, value.asking].every(isTime);
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
