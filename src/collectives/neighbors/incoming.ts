/** What the sources have sent, on its way into the values that the user gets. */
import { slotsUnequal } from '../../errors.ts';
import { PROC_NULL } from '../../matching/envelope.ts';
import { dtypeOf, type TypedArray } from '../../wire/dtype.ts';
import { isNdArray } from '../../wire/ndarray.ts';
import type { Packet } from '../../wire/packet.ts';
import { checkOut, elementCount, encode } from '../../wire/value.ts';
import { checkCounts, checkDispls, placementOf } from '../arguments.ts';
import type { CollectiveContext } from '../context.ts';
import { flatInbox, type InboxOf, valueInbox } from '../inbox.ts';
import { scratchLike } from '../scratch.ts';
import { wholeBytes } from '../selection.ts';
import { offsetsOf } from '../shapes/blocks.ts';

export interface Incoming {
  /** Stands for what a source that is not there would have sent. */
  readonly nobody: Packet;
  /** Packets of more bytes are announced, and the bytes follow: straight into the receiver's result. */
  readonly whole: number;
  readonly inboxOf: InboxOf;
}

/**
 * Values of any kind, by source; with `out` the elements of all of them in it. They travel whole: a value in memory of its own needs
 * no announcement to land there.
 *
 * @throws MpiError ERR_TYPE, ERR_BUFFER for an `out` that can't take any values.
 */
export function incomingValues(call: string, sources: readonly number[], out: unknown, instead: string): Incoming {
  const whole = Number.POSITIVE_INFINITY;
  if (out === undefined) return { nobody: encode(undefined, call), whole, inboxOf: valueInbox(call) };
  checkOut(out, call);
  const nobody = encode(scratchLike((isNdArray(out) ? out.data : out) as TypedArray, 0), call);
  const inboxOf: InboxOf = (packets, rank) => {
    const layout = { call, dtype: nobody.dtype, out, sources };
    if (!sources.includes(PROC_NULL)) return flatInbox(layout)(packets, rank);
    // As in MPI all places are equally long, so that those who are there have theirs whoever is missing beside them.
    const sent = [...packets.keys()].filter(
      (index) => sources[index] !== PROC_NULL && packets[index]?.dtype === nobody.dtype,
    );
    const lengthOf = (index: number) => elementCount(packets[index] as Packet);
    const first = sent[0] ?? 0;
    const slot = lengthOf(first);
    const other = sent.find((index) => lengthOf(index) !== slot);
    if (other === undefined) {
      return flatInbox({ ...layout, displs: sources.map((_, index) => index * slot) })(packets, rank);
    }
    const finish = () => {
      throw slotsUnequal(call, first, slot, other, lengthOf(other), instead);
    };
    return { landings: [], finish };
  };
  return { nobody, whole, inboxOf };
}

export interface PartsLayout {
  readonly call: string;
  readonly sources: readonly number[];
  /** What this rank sends: all parts are of its kind. */
  readonly array: TypedArray;
  readonly out: unknown;
  readonly counts: readonly number[] | undefined;
  readonly displs: readonly number[] | undefined;
  readonly names: { readonly counts: string; readonly displs: string };
}

/**
 * Parts of one flat array, by source. `counts` say how long every part is, also that of a source which is not there: its place stays as
 * it is. Without `counts` it has none.
 *
 * @throws MpiError ERR_TYPE, ERR_BUFFER, ERR_COUNT
 */
export function incomingParts(context: CollectiveContext, layout: PartsLayout): Incoming {
  const { call, sources, array, out, counts, displs, names } = layout;
  if (out !== undefined) checkOut(out, call);
  if (counts !== undefined) checkCounts(counts, sources.length, call, names.counts, 'source');
  checkDispls(displs, sources.length, call, names.displs, 'source');
  const nobody = encode(array.subarray(0, 0), call);
  const expected = counts && Array.from(counts, (count, index) => (sources[index] === PROC_NULL ? 0 : count));
  const inboxOf = flatInbox({
    call,
    dtype: dtypeOf(array),
    out,
    counts: expected,
    displs: displs ?? (counts && offsetsOf(counts)),
    sources,
    length: counts && placementOf(counts, displs).length,
  });
  // Nothing from nobody is an empty array, of the same kind.
  const inboxOfAny: InboxOf = (packets, rank) => inboxOf(packets.length > 0 ? packets : [nobody], rank);
  return { nobody, whole: wholeBytes(context), inboxOf: inboxOfAny };
}
