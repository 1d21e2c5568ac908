/**
 * One rank fails, on purpose: what does the job say, and what becomes of the others?
 *
 *     tsrun -n 4 examples/09-failure.ts
 *
 * The others wait in a collective that can never finish. They need no code for this case: tsrun stops them, says once what
 * went wrong and where in this file, and ends with the exit code 1.
 */
import { SUM, world } from 'tsmpi';

interface Table {
  rows?: number[][];
}

const tables: Table[] = [{ rows: [[1, 2], [3]] }, { rows: [[4], [5, 6]] }];
const broken = world.size - 1; // the last rank gets a table without rows
const table = world.rank === broken ? {} : tables[world.rank % tables.length]!;

const total = await world.allreduce(partialSum(table), SUM);
console.log(`Never printed: ${total}`);

function partialSum({ rows }: Table): number {
  let sum = 0;
  for (const row of rows as number[][]) sum += row.reduce((a, b) => a + b);
  return sum;
}
