/**
 * y = A x with the rows of A spread over the ranks.
 *
 *     tsrun -n 4 examples/07-matrix-vector.ts [n]
 *
 * Each rank computes the elements of y that belong to its rows; `allgatherv` then gives the whole of y to everybody, as the
 * next product (of an iterative solver, say) would need it. The shares need not be equal: that is what the v stands for.
 */
import assert from 'node:assert/strict';
import { MAX, world } from 'tsmpi';
import { shareOf } from './lib/share.ts';

const n = Number(process.argv[2] ?? 1500);
const { start, end } = shareOf(n, world.rank, world.size);

// Row i of A is (i, i + 1, i + 2, ...), and x is (0, 1, 2, ...). Each rank makes its own rows, nobody the whole matrix.
const rows = new Float64Array((end - start) * n);
for (let i = start; i < end; i++) {
  for (let j = 0; j < n; j++) rows[(i - start) * n + j] = i + j;
}
const x = Float64Array.from({ length: n }, (_, j) => j);

await world.barrier(); // so that nobody's clock starts while another still fills its rows
const started = performance.now();
const mine = new Float64Array(end - start);
for (let i = 0; i < mine.length; i++) {
  let sum = 0;
  for (let j = 0; j < n; j++) sum += rows[i * n + j]! * x[j]!;
  mine[i] = sum;
}
const y = await world.allgatherv(mine);
const slowest = await world.allreduce(performance.now() - started, MAX);

// y[i] is the sum over j of (i + j) j: i times the sum of all j, plus the sum of all squares. All of it is exact.
const sum = ((n - 1) * n) / 2;
const squares = ((n - 1) * n * (2 * n - 1)) / 6;
assert.equal(y.length, n);
for (let i = 0; i < n; i++) assert.equal(y[i], i * sum + squares, `element ${i} of y`);

if (world.rank === 0) {
  console.log(`${n} x ${n} matrix times vector, ranks ${world.size}: correct in ${slowest.toFixed(1)} ms`);
}
