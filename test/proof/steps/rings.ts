/** Every rank sends to one neighbour and receives from the other. */
import fc from 'fast-check';
import { ANY_TAG } from '../../../src/matching/envelope.ts';
import { waitAll } from '../../../src/p2p/completion.ts';
import { startAll } from '../../../src/p2p/persistent.ts';
import { expecting, type Kind, ranksOf, TAGS } from '../step.ts';
import { FLAT, KINDS, valueFor } from '../values.ts';

interface Shift {
  readonly kind: string;
  readonly length: number;
  readonly by: number;
  readonly anyTag: boolean;
  /** What comes replaces what was sent, where it is alike. */
  readonly replace: boolean;
}

const idOf = (step: number, rank: number) => step * 16 + rank;

export const sendrecv: Kind<Shift, unknown> = {
  data: fc.record({
    kind: fc.constantFrom(...KINDS),
    length: fc.constantFrom(0, 10, 300, 3000),
    by: fc.nat(8),
    anyTag: fc.boolean(),
    replace: fc.boolean(),
  }),
  run({ comm, members }, { kind, length, by, anyTag, replace }) {
    const { rank, size } = comm;
    const sendTag = members.step * TAGS;
    const value = valueFor(kind, length, idOf(members.step, rank));
    const [dest, source] = [(rank + by) % size, (rank + by * (size - 1)) % size];
    const options = { sendTag, recvTag: anyTag ? ANY_TAG : sendTag };
    if (replace && FLAT.includes(kind)) return comm.sendrecvReplace(value, dest, source, options);
    return comm.sendrecv(value, dest, source, options);
  },
  verify: expecting(({ kind, length, by }, size, step) =>
    ranksOf(size).map((rank) => valueFor(kind, length, idOf(step, (rank + by * (size - 1)) % size))),
  ),
  takesAnyTag: ({ anyTag }) => anyTag,
};

/** The same two requests, started again and again: what is sent changes between the starts, what comes lies in `out`. */
export const persistent: Kind<{ rounds: number; length: number; by: number }, number[]> = {
  data: fc.record({ rounds: fc.nat(3), length: fc.constantFrom(1, 10, 300), by: fc.nat(8) }),
  async run({ comm, members, pause }, { rounds, length, by }) {
    const { rank, size } = comm;
    const tag = members.step * TAGS;
    const [mine, theirs] = [new Float64Array(length), new Float64Array(length)];
    const requests = [
      comm.recvInit<Float64Array | undefined>((rank + by * (size - 1)) % size, tag, { out: theirs }),
      comm.sendInit(mine, (rank + by) % size, tag),
    ];
    const sums: number[] = [];
    for (let round = 0; round < rounds; round++) {
      mine.fill(rank + round * 10);
      await waitAll(startAll<unknown>(requests));
      sums.push(theirs.reduce((a, b) => a + b, 0));
      await pause();
    }
    return sums;
  },
  verify: expecting(({ rounds, length, by }, size) =>
    ranksOf(size).map((rank) =>
      ranksOf(rounds).map((round) => length * (((rank + by * (size - 1)) % size) + round * 10)),
    ),
  ),
  takesAnyTag: () => false,
};
