/**
 * Values that give a misplaced, repeated or stale element away: they differ from place to place with a prime period (so a
 * block shifted by any power of two shows) and from seed to seed. Whole numbers, so sums of them are exact.
 */
const PERIOD = 65_521;
const SEED_STEP = 65_536;

export function fillPattern(array: Float64Array, seed: number): void {
  for (let i = 0; i < array.length; i++) array[i] = (i % PERIOD) + seed * SEED_STEP;
}

/** Throws unless `array` is the elementwise sum of the patterns of `seeds`. A wrong value ends the bench: speed is no excuse. */
export function checkPattern(array: Float64Array, seeds: readonly number[], what: string): void {
  const base = seeds.reduce((sum, seed) => sum + seed, 0) * SEED_STEP;
  for (let i = 0; i < array.length; i++) {
    const expected = (i % PERIOD) * seeds.length + base;
    if (array[i] !== expected) {
      throw new Error(`${what}: element ${i} of ${array.length} is ${array[i]}; expected ${expected}`);
    }
  }
}

/** The check inside a measured loop: both ends of the array carry the number of the round. */
export function stamp(array: Float64Array, round: number): void {
  array[0] = round;
  array[array.length - 1] = round;
}

export function checkStamp(array: Float64Array, round: number, what: string): void {
  const first = array[0];
  const last = array[array.length - 1];
  if (first !== round || last !== round) {
    throw new Error(`${what}: round ${round} arrived as ${first} ... ${last} (${array.byteLength} bytes)`);
  }
}
