/** Half a round trip of JavaScript values between ranks 0 and 1. */
import assert from 'node:assert/strict';
import { world } from 'tsmpi';
import { measureRounds, report } from '../lib/measure.ts';
import { type Ball, OBJECTS, RICH_OBJECTS } from '../lib/objects.ts';

for (const [variant, create] of Object.entries({ ...OBJECTS, ...RICH_OBJECTS })) {
  let ball = create();
  const times = await measureRounds(async (first, end) => {
    for (let round = first; round < end; round++) {
      ball.round = round;
      if (world.rank === 0) {
        await world.send(ball, 1);
        ball = await world.recv<Ball>(1);
      } else if (world.rank === 1) {
        ball = await world.recv<Ball>(0);
        await world.send(ball, 0);
      }
      if (ball.round !== round) throw new Error(`round ${round} of ${variant} came back as ${ball.round}`);
    }
  });
  assert.deepEqual({ ...ball, round: 0 }, create(), `${variant}: the same after many journeys`);
  report({ bench: 'objects', variant }, times, { scale: 0.5 });
}
