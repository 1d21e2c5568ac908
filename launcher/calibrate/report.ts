/** What was measured, as a table for people. Pure. */
import type { Effort, LinkTimes } from '../../src/contract/calibration.ts';
import type { Measured } from './file.ts';

const HEADS = ['', '8 B', 'overhead', 'asking', 'to 64 KiB', 'longer'];
const CROWD_HEADS = ['all ranks at once', 'message', 'asking', 'to 64 KiB', 'longer'];

/** Ends with a newline. */
export function measuredText(measured: Measured): string {
  const { cpu, cores, reading, within, between } = measured;
  const links = [
    ...Object.entries(within).map(([kind, times]) => row(kind, times)),
    ...Object.entries(between).map(([kind, times]) => row(`${kind} between hosts`, times)),
  ];
  const crowds = Object.entries(within).flatMap(([kind, { calm, crowded }]) => [
    crowdRow(`${kind}, up to ${cores} ranks`, calm),
    crowdRow(`${kind}, more`, crowded),
  ]);
  const blocks = [
    `${cores} x ${cpu}; adding float64: ${speed(reading.gamma)}, to new memory and its place: ${speed(reading.landing)}`,
    table([HEADS, ...links]),
    ...(crowds.length > 0 ? [table([CROWD_HEADS, ...crowds])] : []),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function row(kind: string, { latency, overhead, asking, eagerBandwidth, bandwidth }: LinkTimes): string[] {
  return [
    kind,
    time(latency + 2 * overhead),
    time(overhead),
    time(asking),
    speed(1 / eagerBandwidth),
    speed(1 / bandwidth),
  ];
}

/** Of the processors' time. */
function crowdRow(kind: string, { message, asking, eagerByte, byte }: Effort): string[] {
  return [kind, time(message), time(asking), speed(eagerByte), speed(byte)];
}

function table(rows: readonly string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  return rows
    .map((cells) =>
      cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[at]!))).join('  '),
    )
    .join('\n');
}

function time(seconds: number): string {
  return `${(seconds * 1e6).toPrecision(3)} us`;
}

/** By the time of a byte, which may have been too short to be measured. */
function speed(seconds: number): string {
  const gigabytes = 1e-9 / seconds;
  return gigabytes < 1000 ? `${gigabytes.toPrecision(3)} GB/s` : 'too fast';
}
