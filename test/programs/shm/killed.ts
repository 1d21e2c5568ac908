/** Rank 1 is killed so many milliseconds into an exchange without end. */
import { world } from 'tsmpi';

if (world.rank === 1) setTimeout(() => process.kill(process.pid, 'SIGKILL'), Number(process.argv[2]));
const values = new Float64Array(100_000);
const outs = [0, 1, 2].map(() => new Float64Array(100_000));
for (let round = 0; ; round++) {
  const length = round % 3 === 0 ? values.length : 1 + (round % 100);
  const others = [0, 1, 2].filter((rank) => rank !== world.rank);
  await Promise.all(
    others.flatMap((other) => [
      world.send(values.subarray(0, length), other),
      world.recv(other, 0, { out: outs[other]! }),
    ]),
  );
}
