/** What was measured, as a table for people. Pure. */
import type { Effort, LinkTimes } from '../../src/contract/calibration.ts';
import type { Measured } from './file.ts';

const HEADS = ['', '8 B', 'overhead', 'asking', 'to 64 KiB', 'longer'];
const CROWD_HEADS = ['all ranks at once', 'message', 'asking', 'to 64 KiB', 'longer'];

/** Ends with a newline. */
export function measuredText(measured: Measured): string {
  const { cpu, cores, gamma, within, between } = measured;
  const links = [
    ...Object.entries(within).map(([kind, times]) => row(kind, times)),
    ...Object.entries(between).map(([kind, times]) => row(`${kind} between hosts`, times)),
  ];
  const crowds = Object.entries(within).flatMap(([kind, { calm, crowded }]) => [
    crowdRow(`${kind}, up to ${cores} ranks`, calm),
    crowdRow(`${kind}, more`, crowded),
  ]);
  const blocks = [
    `${cores} x ${cpu}; adding float64: ${speed(gamma === 0 ? 0 : 1 / gamma)}`,
    table([HEADS, ...links]),
    ...(crowds.length > 0 ? [table([CROWD_HEADS, ...crowds])] : []),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function row(kind: string, { latency, overhead, asking, eagerBandwidth, bandwidth }: LinkTimes): string[] {
  return [kind, time(latency + 2 * overhead), time(overhead), time(asking), speed(eagerBandwidth), speed(bandwidth)];
}

/** Of the processors' time. */
function crowdRow(kind: string, { message, asking, eagerByte, byte }: Effort): string[] {
  return [kind, time(message), time(asking), speed(1 / eagerByte), speed(1 / byte)];
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

/** 0: too fast to be measured. */
function speed(bytesPerSecond: number): string {
  return bytesPerSecond === 0 ? 'not measurable' : `${(bytesPerSecond / 1e9).toPrecision(3)} GB/s`;
}
