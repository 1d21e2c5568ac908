import { expect, test } from 'vitest';
import { hostTimes, linkTimes, readingOf } from '../../../launcher/calibrate/fit.ts';
import type { Samples } from '../../../launcher/calibrate/samples.ts';
import { PAIR, READING, samplesOf } from './measured.ts';

const { alpha, overhead, eagerByte, byte, asking } = PAIR;

/** To about a hundredth: samples have the bytes of the shortest message in them. */
function near(actual: object, expected: object): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, value] of Object.entries(actual) as [string, number][]) {
    const wanted = expected[name as never] as number;
    expect(value / wanted, name).toBeGreaterThan(0.99);
    expect(value / wanted, name).toBeLessThan(1.01);
  }
}

const LINK = { latency: alpha - 2 * overhead, overhead, eagerBandwidth: 1 / eagerByte, bandwidth: 1 / byte, asking };

test('the parameters of a link come out of what it has measured', () => {
  near(linkTimes(samplesOf()), LINK);
  near(readingOf(samplesOf()), READING);
});

test('one sample that is far off changes little', () => {
  const samples = samplesOf();
  const disturbed: Samples = {
    ...samples,
    pingPong: samples.pingPong.map((sample, at) => (at === 3 ? { ...sample, seconds: 1 } : sample)),
  };
  near(linkTimes(disturbed), LINK);
});

test('the effort of a message is the same however many ranks share the processors', () => {
  const { calm, crowded } = hostTimes(
    samplesOf(),
    { ranks: 2, cores: 4, samples: samplesOf(2, 4) },
    { ranks: 8, cores: 4, samples: samplesOf(8, 4) },
  );
  near(crowded, { message: alpha, eagerByte, byte, asking });
  near(calm, { message: 2 * overhead, eagerByte, byte, asking });
});

test('what noise makes negative is nothing, and what is divided by is not 0', () => {
  const flat = (sizes: Samples['pingPong']) => sizes.map(({ bytes }) => ({ bytes, seconds: 1e-5 - bytes * 1e-13 }));
  const samples = samplesOf();
  const noisy: Samples = { ...samples, pingPong: flat(samples.pingPong), copied: flat(samples.copied) };
  const { asking: none, eagerBandwidth, bandwidth } = linkTimes(noisy);
  expect(none).toBeGreaterThanOrEqual(0);
  for (const speed of [eagerBandwidth, bandwidth]) expect(Number.isFinite(speed)).toBe(true);
  expect(readingOf(noisy).landing).toBe(0);
});

test('a processor is busy with a message no longer than it takes', () => {
  const { latency, overhead: least } = linkTimes({ ...samplesOf(), stream: [{ bytes: 8, seconds: 1 }] });
  expect(latency).toBe(0);
  expect(least).toBeCloseTo(alpha / 2, 9);
});
