/** Samples as a machine would give them that is just as the model thinks. */
import {
  COPIED_SIZES,
  CROWD_SIZES,
  EAGER_LIMIT,
  PAIR_SIZES,
  REDUCED_SIZES,
  type Samples,
} from '../../../launcher/calibrate/samples.ts';

export const PAIR = { alpha: 5e-6, overhead: 1e-6, eagerByte: 1e-10, byte: 2e-10, asking: 8e-6 };
export const READING = { gamma: 1e-10, landing: 3e-10 };

/** Each of `ranks` on `cores` processors has to share them. */
export function samplesOf(ranks = 2, cores = 2): Samples {
  const { alpha, overhead, eagerByte, byte, asking } = PAIR;
  const seconds = (bytes: number) => (bytes <= EAGER_LIMIT ? alpha + bytes * eagerByte : alpha + asking + bytes * byte);
  const share = Math.max(1, ranks / cores);
  const of = (sizes: readonly number[], time: (bytes: number) => number) =>
    sizes.map((bytes) => ({ bytes, seconds: time(bytes) }));
  return {
    pingPong: of(PAIR_SIZES, seconds),
    reduction: of(REDUCED_SIZES, (bytes) => 2e-6 + seconds(bytes) + bytes * READING.gamma),
    copied: of(COPIED_SIZES, (bytes) => seconds(bytes) + bytes * READING.landing),
    stream: [{ bytes: 8, seconds: overhead }],
    shift: of(CROWD_SIZES, (bytes) => share * seconds(bytes)),
  };
}
