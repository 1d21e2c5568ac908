/** Logarithmic axes: sizes in powers of two, times and rates in powers of ten. */
import { formatBytes } from '../../lib/bytes.ts';
import { formatByteRate, formatTime } from '../units.ts';

export interface Tick {
  readonly value: number;
  readonly text: string;
}

export interface Scale {
  /** From a value to its place, in pixels. */
  readonly at: (value: number) => number;
  readonly ticks: readonly Tick[];
}

/** Where an axis begins and ends, in the unit of its values. */
export type Range = readonly [least: number, greatest: number];

export function rangeOf(values: readonly number[], margin: number): Range {
  if (values.length === 0) throw new RangeError('an axis without values has no range');
  return [Math.min(...values) / margin, Math.max(...values) * margin];
}

export function logScale([least, greatest]: Range, [from, to]: Range, ticks: readonly Tick[]): Scale {
  const width = Math.log(greatest / least);
  const at = (value: number) => from + (width === 0 ? 0.5 : Math.log(value / least) / width) * (to - from);
  return { at, ticks: ticks.filter(({ value }) => value >= least && value <= greatest) };
}

/** 8 B, 64 B, 512 B, 4 KiB, … or, where there is little room, 8 B, 1 KiB, 128 KiB, 16 MiB. */
export function sizeTicks(every: 8 | 128): Tick[] {
  return Array.from({ length: 12 }, (_, i) => 8 * every ** i).map((value) => ({ value, text: formatBytes(value) }));
}

const DECADES = Array.from({ length: 16 }, (_, i) => 10 ** (i - 5));

/** 1 us, 10 us, 100 us, 1 ms, …: without digits that say nothing. */
export const timeTicks: readonly Tick[] = DECADES.map((value) => ({ value, text: plain(formatTime(value)) }));
export const rateTicks: readonly Tick[] = DECADES.map((value) => ({ value, text: plain(formatByteRate(value)) }));

function plain(text: string): string {
  return text.replace(/\.0+ /, ' ').replace('us', 'µs');
}
