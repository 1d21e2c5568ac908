/** Sends one array of so many bytes from rank 0 to rank 1, in place; both look at its first, middle and last element. */
import { world } from 'tsmpi';

const bytes = Number(process.argv[2]);
// Elements of 8 bytes where that is possible: no typed array of this Node.js has more than 2^32 elements.
const Kind = bytes % 8 === 0 ? Float64Array : Uint8Array;
const array = new Kind(bytes / Kind.BYTES_PER_ELEMENT);
const places = [0, Math.floor(array.length / 2), 2 ** 29 - 1, 2 ** 29, array.length - 1].filter(
  (i) => i < array.length,
);
if (world.rank === 0) {
  for (const [n, place] of places.entries()) array[place] = n + 1;
  await world.send(array, 1);
} else {
  const received =
    process.argv[3] === 'fresh' ? await world.recv<typeof array>(0) : await world.recv(0, 0, { out: array });
  if (received.byteLength !== bytes) throw new Error(`${received.byteLength} bytes arrived instead of ${bytes}`);
  for (const [n, place] of places.entries()) {
    if (received[place] !== n + 1) throw new Error(`element ${place} is ${received[place]} instead of ${n + 1}`);
  }
  console.log(`received ${received.byteLength}`);
}
