/** Parameters as no machine has them: whatever they are, the choices have to be right. */
import { writeFileSync } from 'node:fs';
import { FORMAT, type Measured } from '../../launcher/calibrate/file.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { Calibration, Effort, LinkTimes } from '../../src/contract/calibration.ts';

export function randomCalibration(
  random: () => number,
): Calibration & Required<Pick<Calibration, 'within' | 'between'>> {
  /** Evenly among the powers of ten. */
  const between = (least: number, most: number) => least * (most / least) ** random();
  const link = (): LinkTimes => ({
    latency: between(1e-7, 1e-3),
    overhead: between(1e-7, 1e-4),
    eagerBandwidth: between(1e7, 1e11),
    bandwidth: between(1e7, 1e11),
    asking: between(1e-8, 1e-3),
  });
  const effort = (): Effort => ({
    message: between(1e-7, 1e-3),
    eagerByte: between(1e-11, 1e-7),
    byte: between(1e-11, 1e-7),
    asking: between(1e-8, 1e-3),
  });
  return {
    cores: 1 + Math.floor(random() * 8),
    reading: { gamma: between(1e-12, 1e-8), landing: between(1e-12, 1e-8) },
    within: { ...link(), calm: effort(), crowded: effort() },
    between: link(),
  };
}

/** Writes a file of any parameters for `--model`; gives its path. */
export function measuredAt(path: string, seed: number): string {
  const { reading, within, between } = randomCalibration(seededRandom(seed));
  const measured: Measured = {
    format: FORMAT,
    tsmpi: '0.1.0',
    node: process.versions.node,
    cpu: 'None',
    cores: 2,
    date: '2026-01-02T03:04:05.000Z',
    reading,
    within: { shm: within, unix: within, tcp: within },
    between: { tcp: between, tls: between },
  };
  writeFileSync(path, JSON.stringify(measured));
  return path;
}
