/**
 * How does the time of an allreduce grow with the number of ranks? A thousand of them in one process, in virtual time.
 *
 *     npx tsx examples/13-simulate.ts
 *
 * `simulate` runs a program, unchanged, on a modelled network: here hosts with a rank each, lines of 10 Gbit/s, 20 us from one to another.
 * Two algorithms add up the same vectors. One needs half the steps, the other sends far fewer bytes: which is faster from where on?
 */
import assert from 'node:assert/strict';
import { SUM, world } from 'tsmpi';
import { simulate } from 'tsmpi/testing';

const RANKS = [4, 16, 64, 256, 1024];
const BYTES = 65_536;
const network = { latency: 20e-6, bandwidth: 1.25e9 }; // seconds, bytes a second

// What the time must be: each of the log2 p steps costs a latency, each byte its time on the line.
const { latency, bandwidth } = network;
const EXPECTED = {
  recursiveDoubling: (p: number) => Math.log2(p) * (latency + BYTES / bandwidth),
  rabenseifner: (p: number) => 2 * Math.log2(p) * latency + (2 * (1 - 1 / p) * BYTES) / bandwidth,
};

// No job is needed for this. In one, a single rank does it all.
if (world.rank === 0) console.log(`allreduce of ${BYTES / 1024} KiB`);
for (const ranks of world.rank === 0 ? RANKS : []) {
  for (const [algorithm, expected] of Object.entries(EXPECTED)) {
    const { results, time } = await simulate(
      ranks,
      async (comm) => {
        const part = new Float64Array(BYTES / 8).fill(comm.rank);
        const total = await comm.allreduce(part, SUM, { algorithm });
        return total.every((element) => element === (ranks * (ranks - 1)) / 2);
      },
      network,
    );
    assert.ok(results.every(Boolean), 'the sum on every rank');
    assert.ok(Math.abs(time - expected(ranks)) < 1e-9, `${algorithm} on ${ranks} ranks took ${time} s`);

    const us = 1e6 * time;
    const bar = '▪'.repeat(Math.round(us / 16));
    console.log(`${String(ranks).padStart(5)} ranks  ${algorithm.padEnd(17)} ${us.toFixed(1)} us  ${bar}`);
  }
}
