/**
 * The names of a job's objects and pods, and what Kubernetes asks of names. Pods find each other by their host names, which follow from
 * the job's name, so its length is bounded by the longest of them.
 */
import { basename, extname } from 'node:path';

/** Of a DNS label (RFC 1035, 2.3.4). */
const LONGEST_LABEL = 63;
/** Of a DNS name without its last dot. */
const LONGEST_NAME = 253;
/** The JobSet's one group of pods. */
export const GROUP = 'ranks';
/** What the Job controller hangs on a pod's name to make it unique; the JobSet controller counts it in. */
const UNIQUE_SUFFIX = '-abcde';

export interface JobShape {
  readonly name: string;
  readonly ranks: number;
  /** More than 0: a JobSet, which names its Job itself. */
  readonly restarts: number;
}

/** The host name of a rank's pod: the Job's name and its completion index. */
export function hostName({ name, restarts }: JobShape, rank: number): string {
  return restarts > 0 ? `${name}-${GROUP}-0-${rank}` : `${name}-${rank}`;
}

/** Under which the other pods find a rank: the headless Service has the job's name. */
export function dnsName(shape: JobShape, rank: number): string {
  return `${hostName(shape, rank)}.${shape.name}`;
}

export function secretName({ name }: JobShape): string {
  return `${name}-secret`;
}

/** How long the name of a job may be. */
export function longestName(ranks: number, restarts: number): number {
  const derived = hostName({ name: '', ranks, restarts }, ranks - 1);
  return LONGEST_LABEL - derived.length - (restarts > 0 ? UNIQUE_SUFFIX.length : 0);
}

/** The name of the script made fit: `Heat Map.ts` → `heat-map`. */
export function nameOf(script: string, longest: number): string {
  const words =
    basename(script, extname(script))
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? [];
  const name = words.join('-');
  return (/^[a-z]/.test(name) ? name : `tsmpi-${name}`).slice(0, longest).replace(/-+$/, '');
}

/** Names of Services (RFC 1035, 2.3.1): a job has one of its name. */
export function isServiceName(text: string): boolean {
  return /^[a-z]/.test(text) && isLabel(text);
}

/** RFC 1123, 2.1. */
export function isLabel(text: string): boolean {
  return text.length <= LONGEST_LABEL && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text);
}

/** Labels with dots between them. */
export function isDnsName(text: string): boolean {
  return text.length <= LONGEST_NAME && text.split('.').every(isLabel);
}
