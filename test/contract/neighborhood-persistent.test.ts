/** Neighbourhood collectives that are started again and again: chapter 8.7 of the standard, by the habits of `allreduceInit`. */
import { describe, expect, it } from 'vitest';
import { PROC_NULL } from '../../src/matching/envelope.ts';
import { startAll } from '../../src/p2p/persistent.ts';
import { runs } from '../helpers/runs.ts';

describe.each(runs)('over %s', (_, run) => {
  it.each([1, 2, 3, 5, 8])(
    'persistent neighbourhood collectives read what is there at each start, on %i ranks',
    async (size) => {
      await run(size, async (comm) => {
        const ring = await comm.createCart([size], [true]);
        const own = Float64Array.of(0);
        const slots = Float64Array.of(0, 0);
        const got = new Float64Array(2);
        const all = ring.neighborAllgatherInit(own);
        const joined = ring.neighborAllgathervInit(own, { counts: [1, 1], out: got });
        const each = ring.neighborAlltoallInit([own, own]);
        const parts = ring.neighborAlltoallvInit(slots, [1, 1]);
        const { source: below, dest: above } = ring.shift(0, 1);
        for (let round = 1; round <= 3; round++) {
          own[0] = round * 100 + ring.rank;
          slots[0] = -own[0];
          slots[1] = own[0];
          const [fromAll, fromJoined, fromEach, fromParts] = [all.start(), joined.start(), each.start(), parts.start()];
          const expected = [below, above].map((rank) => round * 100 + rank);
          expect((await fromAll).map((value) => value?.[0])).toEqual(expected);
          expect(await fromJoined).toBe(got);
          expect([...got]).toEqual(expected);
          expect((await fromEach).map((value) => value?.[0])).toEqual(expected);
          // What went downwards comes from above.
          expect([...(await fromParts)]).toEqual([round * 100 + below, -(round * 100 + above)]);
        }
        await ring.free();
      });
    },
  );

  it('wrong arguments are told at once; nobody is there beyond an open edge', async () => {
    await run(2, async (comm) => {
      const line = await comm.createCart([2]);
      expect(() => line.neighborAlltoallInit([1])).toThrow(expect.objectContaining({ code: 'ERR_COUNT' }));
      const [request] = startAll([line.neighborAllgatherInit(line.rank)]);
      expect(await request).toEqual(line.sources.map((rank) => (rank === PROC_NULL ? undefined : rank)));
      await line.free();
    });
  });
});
