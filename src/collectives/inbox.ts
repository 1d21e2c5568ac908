/** What the ranks of a gathering call have sent, on its way into the values that the user gets. */
import { countsDiffer, elementsUnlike, MpiError, outTooShort } from '../errors.ts';
import { bytesIn, constructorOf, dtypeName, dtypeOf, isTypedArray, type TypedArray } from '../wire/dtype.ts';
import { Format } from '../wire/format.ts';
import { segmentsOf } from '../wire/memory.ts';
import { elementsOf, gather, isNdArray, numericNdArray, scatter } from '../wire/ndarray.ts';
import type { Packet, PacketHead } from '../wire/packet.ts';
import { checkOut, copyOf, decode, elementCount, receive } from '../wire/value.ts';
import { announcementIn } from './announcement.ts';
import { placementOf } from './arguments.ts';
import { Bulk } from './bulk.ts';
import type { Place } from './channel.ts';
import { scratchLike } from './scratch.ts';
import { ownValue } from './values.ts';

export interface Inbox {
  /** By source: where announced bytes land; undefined for a value that came whole, and for the own one. */
  readonly landings: readonly (Bulk | undefined)[];
  /** What the call returns, once all bytes have landed. Throws what is wrong with `out` alone. */
  finish(): unknown;
}

/** One whose values are made now, as the memory of the packets is only lent; what is wrong is thrown when they are asked for. */
export function settled(inbox: Inbox): Inbox {
  const { landings } = inbox;
  try {
    const values = inbox.finish();
    return { landings, finish: () => values };
  } catch (error) {
    const finish = () => {
      throw error;
    };
    return { landings, finish };
  }
}

/** Makes an inbox from what has come: by source, whole packets and announcements; the own one is always whole. */
export type InboxOf = (packets: readonly Packet[], rank: number) => Inbox;

/** An array of values, each of any kind, in fresh memory. */
export function valueInbox(call: string): InboxOf {
  return (packets, rank) => {
    const landings: (Bulk | undefined)[] = [];
    const values = packets.map((packet, source) => {
      const announcement = announcementIn(packet);
      if (announcement === undefined) {
        landings.push(undefined);
        return () => (source === rank ? ownValue(packet, undefined, call) : decode(packet, undefined, call));
      }
      const reception = receive(announcement.head, undefined, call);
      landings.push(new Bulk(reception.segments));
      return () => reception.value();
    });
    return { landings, finish: () => values.map((value) => value()) };
  };
}

/** How elements are laid into one flat array. */
export interface Layout {
  readonly call: string;
  /** The dtype of every part; 0: that of `out`. */
  readonly dtype: number;
  readonly out: unknown;
  readonly counts?: readonly number[] | undefined;
  readonly displs?: readonly number[] | undefined;
  /** The rank that each packet is from; left out: packet i is that of rank i. */
  readonly sources?: readonly number[] | undefined;
  /** Without `out` the result has at least so many elements. */
  readonly length?: number | undefined;
}

/** One flat array that takes the elements of all values. */
export function flatInbox(layout: Layout): InboxOf {
  return (packets, rank) => {
    const { call } = layout;
    const heads = packets.map((packet) => announcementIn(packet)?.head ?? packet);
    const actual = heads.map(elementCount);
    const placement = placementOf(actual, layout.displs);
    const destination = destinationOf(layout, heads, actual, placement.length);
    const partOf = (source: number) => {
      const start = placement.displs[source] ?? 0;
      return destination.elements.subarray(start, start + (actual[source] ?? 0));
    };
    // Numbers of another kind, or none at all, land as what they are: the call fails when all have come.
    const usable = destination.problem === undefined;
    const scrapped = usable ? undefined : valueInbox(call)(packets, rank);
    const landings =
      scrapped?.landings ??
      heads.map((_, source) => {
        return announcementIn(packets[source] as Packet) && new Bulk(segmentsOf(partOf(source)));
      });
    const { buffer } = destination.elements;
    const loose = packets.map((packet, source) => {
      if (landings[source] !== undefined || liesIn(packet, partOf(source))) return undefined;
      // What has landed at a place that is another's, as somebody has sent more or less than we have, must not be written over.
      return packet.segments.some((segment) => segment.buffer === buffer) ? copyOf(packet) : packet;
    });
    const finish = () => {
      if (destination.problem !== undefined) throw destination.problem;
      for (const [source, packet] of loose.entries()) if (packet !== undefined) decode(packet, partOf(source), call);
      return destination.finish();
    };
    return { landings, finish };
  };
}

/**
 * Places in a flat `out`, where they can be told before anything comes: for elements like this rank's own, as many as `counts` say or as this
 * rank has. What turns out to be otherwise lands in fresh memory, and the call judges it when it has all. After a call that fails for that,
 * what did come as it should may be in `out`.
 */
export function placeIn(
  out: unknown,
  own: PacketHead,
  counts: readonly number[],
  displs?: readonly number[],
): Place | undefined {
  const { format, dtype, meta } = own;
  if (!isTypedArray(out) || dtype === 0 || dtypeOf(out) !== dtype || meta.length > 0) return undefined;
  const placement = placementOf(counts, displs);
  if (placement.length > out.length) return undefined;
  return (head, rank) => {
    const start = placement.displs[rank] ?? 0;
    const part = out.subarray(start, start + (counts[rank] ?? 0));
    const alike = head.format === format && head.dtype === dtype && head.meta.length === 0;
    if (!alike || head.bytes !== bytesIn(part)) return undefined;
    return { format, dtype, meta, bytes: head.bytes, segments: segmentsOf(part, head.bytes) };
  };
}

/** The same for parts that are all as long as this rank's own. */
export function placeAlike(out: unknown, own: PacketHead, size: number): Place | undefined {
  return out === undefined ? undefined : placeIn(out, own, new Array<number>(size).fill(elementCount(own)));
}

/** Whether the bytes of a packet are those of `part` already. */
function liesIn({ segments }: Packet, part: TypedArray): boolean {
  const [first] = segments;
  return first !== undefined && first.buffer === part.buffer && first.byteOffset === part.byteOffset;
}

interface Destination {
  readonly elements: TypedArray;
  finish(): unknown;
  readonly problem?: MpiError | undefined;
}

function destinationOf(
  layout: Layout,
  heads: readonly PacketHead[],
  actual: readonly number[],
  length: number,
): Destination {
  const { call, out } = layout;
  const dtype = layout.dtype || (isNdArray(out) ? dtypeOf(out.data) : dtypeOf(out));
  const problem = problemOf(layout, dtype, heads, actual);
  const ArrayOf = constructorOf(dtype) ?? Uint8Array;
  if (problem !== undefined || out === undefined) {
    const elements = new ArrayOf(problem === undefined ? Math.max(length, layout.length ?? 0) : 0);
    // Buffers joined are a Buffer.
    const buffers = heads.every(({ format }) => format === Format.BUFFER);
    const finish = () => (buffers ? Buffer.from(elements.buffer as ArrayBuffer) : elements);
    return { elements, problem, finish };
  }
  if (!isNdArray(out)) {
    const elements = out as TypedArray;
    const misfit = misfitOf(call, dtype, dtypeOf(elements), length, elements.length);
    return { elements, problem: misfit, finish: () => out };
  }
  // Through a packed copy and back: what lies in gaps stays what it is.
  const view = numericNdArray(out, call, () => 'out');
  const count = elementsOf(view.shape);
  const elements = scratchLike(view.data, count);
  gather(view, elements);
  const finish = () => {
    scatter(elements, view, count);
    return out;
  };
  return { elements, problem: misfitOf(call, dtype, dtypeOf(view.data), length, count), finish };
}

function problemOf(
  layout: Layout,
  dtype: number,
  heads: readonly PacketHead[],
  actual: readonly number[],
): MpiError | undefined {
  const { call, counts } = layout;
  for (const [source, head] of heads.entries()) {
    const rank = layout.sources?.[source] ?? source;
    const theirs = head.dtype;
    if (theirs !== dtype) {
      const what = theirs === 0 ? 'a value that is no array of numbers' : `${dtypeName(theirs)} elements`;
      return elementsUnlike(call, `the value of rank ${rank}`, `${dtypeName(dtype)} elements like out`, what);
    }
    const expected = counts?.[source] ?? actual[source] ?? 0;
    if (expected !== actual[source]) return countsDiffer(call, rank, expected, actual[source] ?? 0, source);
  }
  return undefined;
}

function misfitOf(call: string, expected: number, actual: number, length: number, room: number): MpiError | undefined {
  if (expected !== actual) {
    return elementsUnlike(call, 'out', `${dtypeName(expected)} elements like the result`, dtypeName(actual));
  }
  return room < length ? outTooShort(call, length, room) : undefined;
}

/** The inbox of a call that takes any value: a list, or `out` filled with the elements of all values in rank order. */
export function inboxFor(call: string, out: unknown): InboxOf {
  if (out === undefined) return valueInbox(call);
  checkOut(out, call);
  return flatInbox({ call, dtype: 0, out });
}

/** One value alone; `out` as in a receive. A value that does not fit it lands in fresh memory and is dropped. */
export function receiveInto(
  head: PacketHead,
  out: unknown,
  call: string,
): { segments: readonly Uint8Array[]; value(): unknown } {
  try {
    return receive(head, out, call);
  } catch (error) {
    if (out === undefined || !(error instanceof MpiError)) throw error;
    const { segments } = receive(head, undefined, call);
    const value = () => {
      throw error;
    };
    return { segments, value };
  }
}
