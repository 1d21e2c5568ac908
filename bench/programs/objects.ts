/** Half a round trip of JavaScript values between ranks 0 and 1. */
import assert from 'node:assert/strict';
import { world } from 'tsmpi';
import { measure, report } from '../lib/measure.ts';

interface Ball {
  round: number;
}

const KINDS: Record<string, () => Ball> = {
  'small object': () => ({ round: 0, kind: 'step', done: false, owner: 'rank 0' }) as Ball,
  '100 records': () =>
    ({
      round: 0,
      records: Array.from({ length: 100 }, (_, i) => ({
        id: i,
        name: `record ${i}`,
        price: i * 1.5,
        tags: ['a', 'b'],
      })),
    }) as Ball,
  '1000 numbers': () => ({ round: 0, numbers: Array.from({ length: 1000 }, (_, i) => i / 7) }) as Ball,
  'Map, Date, Set': () =>
    ({ round: 0, since: new Date(0), seen: new Set([1, 'two']), of: new Map([['a', { b: 1n }]]) }) as Ball,
  '1 MiB array inside': () =>
    ({ round: 0, name: 'field', values: Float64Array.from({ length: 2 ** 17 }, (_, i) => i) }) as Ball,
};

for (const [variant, create] of Object.entries(KINDS)) {
  let ball = create();
  const times = await measure(async (times, firstRound) => {
    for (let i = 0; i < times.length; i++) {
      const round = firstRound + i;
      ball.round = round;
      const started = performance.now();
      if (world.rank === 0) {
        await world.send(ball, 1);
        ball = await world.recv<Ball>(1);
      } else if (world.rank === 1) {
        ball = await world.recv<Ball>(0);
        await world.send(ball, 0);
      }
      times[i] = performance.now() - started;
      assert.equal(ball.round, round);
    }
  });
  assert.deepEqual({ ...ball, round: 0 }, create(), `${variant}: the same after many journeys`);
  report({ bench: 'objects', variant }, times, { scale: 0.5 });
}
