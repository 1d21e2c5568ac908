/**
 * A manager hands out tasks, one at a time, to whoever is free: two groups of ranks that an intercommunicator joins.
 *
 *     tsrun -n 4 examples/11-manager-workers.ts
 *
 * The tasks are the rows of a picture, the Mandelbrot set. Some take thousands of times as long as others, and nobody knows which, so handing
 * out equal shares would leave most workers idle. On an intercommunicator all ranks that are named are those of the other group:
 * to the manager `workers` is the workers alone, numbered from 0, and to these rank 0 of `manager` is the manager.
 */
import assert from 'node:assert/strict';
import { ROOT, world } from 'tsmpi';
import { computeRow, type Row, type View } from './lib/mandelbrot.ts';

const VIEW: View = { left: -2.15, step: 0.045, width: 62, height: 24, limit: 50_000 };

// Rank 0 is the manager, all others are workers.
const group = await world.split(world.rank === 0 ? 0 : 1);
if (world.rank > 0) await work();
else if (world.size > 1) await manage();
else {
  console.log('There are no workers, so the manager does it all: run it with tsrun -n 4.');
  finish(Array.from({ length: VIEW.height }, (_, row) => computeRow(VIEW, row)));
}

async function manage(): Promise<void> {
  const workers = await group.createIntercomm(0, world, 1); // my group is led by its rank 0, the other one by rank 1 of world
  await workers.bcast(VIEW, ROOT); // ROOT: this rank has the value. It goes to the other group

  const rows: Row[] = [];
  let next = 0;
  let resting = 0;
  // Whoever has nothing to do sends the row it has done, at first none, and gets a number: of the next row, or none.
  for await (const { value: done, source: worker } of workers.messages<Row | undefined>()) {
    if (done) rows[done.row] = done;
    if (next < VIEW.height) await workers.send(next++, worker);
    else {
      await workers.send(undefined, worker);
      if (++resting === workers.remoteSize) break;
    }
  }

  const shares = await workers.gather<number>(undefined, ROOT);
  await workers.free();
  finish(rows);
  console.log(`rows done by each worker: ${shares?.join(' ')}`);
  assert.equal(
    shares?.reduce((a, b) => a + b),
    VIEW.height,
    'every row is done once',
  );
}

async function work(): Promise<void> {
  const manager = await group.createIntercomm(0, world, 0);
  const view = (await manager.bcast<View>(undefined, 0)) as View; // 0: the root's rank in the other group

  let done: Row | undefined;
  let count = 0;
  for (;;) {
    const row = await manager.sendrecv<number | undefined>(done, 0, 0);
    if (row === undefined) break;
    done = computeRow(view, row);
    count++;
  }

  await manager.gather(count, 0);
  await manager.free();
}

function finish(rows: Row[]): void {
  for (const { picture } of rows) console.log(picture);
  const steps = rows.map((row) => row.steps);
  console.log(`${rows.length} rows of ${Math.min(...steps)} to ${Math.max(...steps)} steps`);
  assert.equal(
    steps.reduce((a, b) => a + b),
    18_614_700,
    'as is known',
  );
  for (const [index, { picture }] of rows.entries())
    assert.equal(picture, rows.at(-1 - index)?.picture, 'it mirrors itself');
}
