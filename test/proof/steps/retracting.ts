/** Sends that are taken back, while they may just be received. */
import fc from 'fast-check';
import { type Kind, TAGS, Wrong } from '../step.ts';
import { alike, KINDS, show, valueFor } from '../values.ts';

interface Retraction {
  readonly kind: string;
  readonly length: number;
  readonly by: number;
  /** The receive is there already, or comes when everything is decided. */
  readonly posted: boolean;
}

/** Whether the send was taken back; and what the neighbour's send has brought. */
interface Outcome {
  readonly retracted: boolean;
  readonly got: readonly [unknown] | undefined;
}

/** Every rank sends to one neighbour, takes it back, and says whether that was in time. */
export const retracting: Kind<Retraction, Outcome> = {
  data: fc.record({
    kind: fc.constantFrom(...KINDS),
    length: fc.constantFrom(0, 10, 300, 3000),
    by: fc.nat(8),
    posted: fc.boolean(),
  }),
  async run({ comm, members, pause }, { kind, length, by, posted }) {
    const { rank, size } = comm;
    const [dest, source, tag] = [(rank + by) % size, (rank + by * (size - 1)) % size, members.step * TAGS];
    const request = comm.issend(valueFor(kind, length, rank), dest, tag);
    await pause();
    const early = posted ? comm.irecv(source, tag) : undefined;
    early?.then(undefined, () => {});
    await pause();
    const retracted = await request.cancel();
    await comm.send(retracted, dest, tag + 1);
    const theirsRetracted = await comm.recv<boolean>(source, tag + 1);
    if (!theirsRetracted) return { retracted, got: [await (early ?? comm.recv(source, tag))] };
    if (early !== undefined && !(await early.cancel())) throw new Wrong('a message was taken back, and received');
    if (comm.iprobe(source, tag) !== undefined) throw new Wrong('a message was taken back, and is there');
    return { retracted, got: undefined };
  },
  verify({ kind, length, by }, { ranks: { length: size } }, outcomes) {
    for (const [rank, { got }] of outcomes.entries()) {
      const source = (rank + by * (size - 1)) % size;
      const expected = outcomes[source]?.retracted ? undefined : [valueFor(kind, length, source)];
      if (!alike(got, expected)) throw new Wrong(`rank ${rank} got ${show(got)}, not ${show(expected)}`);
    }
  },
  takesAnyTag: () => false,
};
