/** What the job of `tsrun calibrate` measures, and which lengths of messages. */

export interface Sample {
  readonly bytes: number;
  readonly seconds: number;
}

/** On two ranks all of it, on more only `shift`. */
export interface Samples {
  /** Half a round trip. */
  readonly pingPong: Sample[];
  /** Half a round trip, and what comes is added to what is there. */
  readonly reduction: Sample[];
  /** Half a round trip, and what comes to new memory is copied to where it belongs. */
  readonly copied: Sample[];
  /** One short message of many that are under way. */
  readonly stream: Sample[];
  /** A message from every rank to the next one at once. */
  readonly shift: Sample[];
}

const KiB = 1024;

/** Beyond so many bytes a message is asked for. */
export const EAGER_LIMIT = 64 * KiB;
export const PAIR_SIZES = [8, KiB, 4 * KiB, 16 * KiB, EAGER_LIMIT, 128 * KiB, 512 * KiB, 2048 * KiB];
/** For what is done with each byte that comes: some of those above. */
export const REDUCED_SIZES = [16 * KiB, EAGER_LIMIT, 512 * KiB, 2048 * KiB];
export const COPIED_SIZES = [128 * KiB, 512 * KiB, 2048 * KiB];
export const CROWD_SIZES = [8, 4 * KiB, 16 * KiB, EAGER_LIMIT, 128 * KiB, 512 * KiB, 2048 * KiB];
/** Messages under way in a stream. */
export const WINDOW = 64;
