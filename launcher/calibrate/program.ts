/**
 * What `tsrun calibrate` runs as a job: rank 0 prints one line of JSON, {@link Samples}. Everything that is measured keeps the ranks in
 * step by itself, and is done in batches. Whatever else runs on the machine only makes them slower: one of the quickest counts.
 */
import { SUM, waitAll, world } from 'tsmpi';
import { COPIED_SIZES, CROWD_SIZES, PAIR_SIZES, REDUCED_SIZES, type Samples, WINDOW } from './samples.ts';

/** Of a batch, in milliseconds: with more ranks than processors it has to hold many of their turns. */
const BATCH = world.size > 2 ? 4 : 1;
const BATCHES = 8;
/** Everything is measured so often, in turns: what disturbs the machine for a while disturbs all. */
const PASSES = 6;
/** The first ones are the compiler's. */
const WARM_UP = 2;
/** Of the batches, so many are quicker than what counts. */
const QUICKER = 1 / 8;

const { rank, size } = world;
const float64 = (bytes: number) => new Float64Array(bytes / 8);

/** Half a round trip between two ranks. */
function pingPong(bytes: number): () => Promise<void> {
  const [mine, theirs] = [float64(bytes), float64(bytes)];
  return async () => {
    if (rank === 0) await world.send(mine, 1);
    await world.recv(1 - rank, 0, { out: theirs });
    if (rank === 1) await world.send(mine, 0);
  };
}

/** The same with a combining of what comes at each end. */
function reductions(bytes: number): () => Promise<void> {
  const [mine, result] = [float64(bytes), float64(bytes)];
  return async () => {
    for (const root of [1, 0]) await world.reduce(mine, SUM, root, { algorithm: 'binomial', out: result });
  };
}

/** Half a round trip, where nobody has said where things belong. */
function copies(bytes: number): () => Promise<void> {
  const [mine, theirs] = [float64(bytes), float64(bytes)];
  return async () => {
    if (rank === 0) await world.send(mine, 1);
    theirs.set(await world.recv<Float64Array>(1 - rank));
    if (rank === 1) await world.send(mine, 0);
  };
}

/** A window of the shortest messages, and one back. */
function stream(): () => Promise<void> {
  const arrays = Array.from({ length: WINDOW }, () => float64(8));
  const [answer] = arrays;
  return async () => {
    if (rank === 0) {
      await waitAll(arrays.map((array) => world.isend(array, 1)));
      await world.recv(1, 1, { out: answer! });
    } else {
      await waitAll(arrays.map((out) => world.irecv(0, 0, { out })));
      await world.send(answer, 0, 1);
    }
  };
}

/** Every rank sends to the next one, and receives. */
function shift(bytes: number): () => Promise<void> {
  const [mine, theirs] = [float64(bytes), float64(bytes)];
  const [up, down] = [(rank + 1) % size, (rank + size - 1) % size];
  return async () => {
    await world.sendrecv(mine, up, down, { out: theirs });
  };
}

async function timeOf(round: () => Promise<void>, rounds: number): Promise<number> {
  const began = performance.now();
  for (let i = 0; i < rounds; i++) await round();
  return (performance.now() - began) / 1000 / rounds;
}

/** Seconds of each batch. Rank 0's clock decides how many rounds one has. */
async function batches(round: () => Promise<void>): Promise<number[]> {
  let rounds = 1;
  while (await world.bcast((await timeOf(round, rounds)) * rounds * 1000 < BATCH)) rounds *= 2;
  const times: number[] = [];
  for (let i = 0; i < BATCHES; i++) times.push(await timeOf(round, rounds));
  return times;
}

const measurements: [name: keyof Samples, bytes: number, round: () => Promise<void>, scale: number][] = [];
if (size === 2) {
  for (const bytes of PAIR_SIZES) measurements.push(['pingPong', bytes, pingPong(bytes), 1 / 2]);
  for (const bytes of REDUCED_SIZES) measurements.push(['reduction', bytes, reductions(bytes), 1 / 2]);
  for (const bytes of COPIED_SIZES) measurements.push(['copied', bytes, copies(bytes), 1 / 2]);
  measurements.push(['stream', 8, stream(), 1 / WINDOW]);
}
for (const bytes of CROWD_SIZES) measurements.push(['shift', bytes, shift(bytes), 1]);

const times = measurements.map((): number[] => []);
for (let pass = 0; pass < PASSES; pass++) {
  for (const [at, [, , round]] of measurements.entries()) {
    const found = await batches(round);
    if (pass >= WARM_UP) times[at]!.push(...found);
  }
}

const samples: Samples = { pingPong: [], reduction: [], copied: [], stream: [], shift: [] };
for (const [at, [name, bytes, , scale]] of measurements.entries()) {
  const sorted = times[at]!.sort((a, b) => a - b);
  samples[name].push({ bytes, seconds: sorted[Math.floor(sorted.length * QUICKER)]! * scale });
}
if (rank === 0) console.log(JSON.stringify(samples));
