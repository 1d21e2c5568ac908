/** Figures for people, in the unit that keeps them short: three digits are what such a measurement is good for. */

type Unit = readonly [name: string, factor: number];

/** Of a value in the unit of factor 1; `units` from the greatest to the least. */
function inUnit(value: number, units: readonly Unit[]): string {
  // Rounded before it is compared: 999.9 us is 1.00 ms.
  const [name, factor] = units.find(([, factor]) => Number((value / factor).toPrecision(3)) >= 1) ?? units.at(-1)!;
  const scaled = value / factor;
  const text = scaled >= 100 ? scaled.toFixed(0) : scaled >= 10 ? scaled.toFixed(1) : scaled.toFixed(2);
  return name === '' ? text : `${text} ${name}`;
}

const TIMES: readonly Unit[] = [
  ['s', 1e6],
  ['ms', 1e3],
  ['us', 1],
  ['ns', 1e-3],
];
const BYTE_RATES: readonly Unit[] = [
  ['GB/s', 1e3],
  ['MB/s', 1],
  ['kB/s', 1e-3],
];
const MESSAGE_RATES: readonly Unit[] = [
  ['M/s', 1e6],
  ['k/s', 1e3],
  ['/s', 1],
];
const BYTES: readonly Unit[] = [
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
];

export const formatTime = (microseconds: number): string => inUnit(microseconds, TIMES);
export const formatByteRate = (MBps: number): string => inUnit(MBps, BYTE_RATES);
export const formatMessageRate = (perSecond: number): string => inUnit(perSecond, MESSAGE_RATES);
export const formatMemory = (bytes: number): string => inUnit(bytes, BYTES);
