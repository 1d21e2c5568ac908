/**
 * How long does a message take? Two ranks throw an array back and forth; half a round trip is the answer.
 *
 *     tsrun -n 2 examples/04-ping-pong.ts
 *
 * `out` receives into memory that is already there, so nothing is allocated per message. This is the idea, not the
 * measurement: `npm run bench` has the careful one.
 */
import assert from 'node:assert/strict';
import { world } from 'tsmpi';

const SIZES = [8, 1024, 65_536, 1_048_576]; // bytes
const PING = 1;
const PONG = 2;

if (world.rank === 0 && world.size === 1) console.log('Ping-pong takes two: run it with tsrun -n 2.');
if (world.rank === 0 && world.size > 2) console.log(`Ranks 0 and 1 play, the other ${world.size - 2} look on.`);
if (world.rank === 0 && world.size > 1) console.log('     bytes   one way us        MB/s');

for (const bytes of world.size > 1 ? SIZES : []) {
  const rounds = bytes > 100_000 ? 200 : 10_000;
  const ball = new Float64Array(bytes / 8);

  if (world.rank === 0) {
    let started = 0;
    for (let round = -rounds / 2; round < rounds; round++) {
      if (round === 0) started = performance.now(); // the rounds before it were to warm up
      ball[ball.length - 1] = round;
      await world.send(ball, 1, PING);
      await world.recv(1, PONG, { out: ball });
      assert.equal(ball.at(-1), round + 1, 'the ball comes back with one added');
    }
    const seconds = (performance.now() - started) / 1000 / rounds / 2;
    const [time, speed] = [(seconds * 1e6).toFixed(1), (bytes / seconds / 1e6).toFixed(1)];
    console.log(`${bytes.toString().padStart(10)}${time.padStart(13)}${speed.padStart(12)}`);
  } else if (world.rank === 1) {
    for (let round = -rounds / 2; round < rounds; round++) {
      await world.recv(0, PING, { out: ball });
      ball[ball.length - 1]! += 1;
      await world.send(ball, 0, PONG);
    }
  }
}
