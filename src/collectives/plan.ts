/**
 * What every entry point gives: a collective that is ready to be started. A plain call starts it once, a persistent request (MPI 4.1,
 * section 6.13) again and again.
 */
import { isTypedArray, type TypedArray } from '../wire/dtype.ts';
import type { Packet } from '../wire/packet.ts';
import { isDetached } from '../wire/raw.ts';
import type { CollectiveContext } from './context.ts';

/** One rank's part of a collective: its arguments are checked, and all that they settle is made. */
export interface Plan<T> {
  /**
   * Takes the call's sequence number, before anything is awaited, runs the algorithm and closes the call. Gives the result itself where
   * nothing had to be waited for.
   */
  start(): T | Promise<T>;
  /**
   * Whether another start does what a plan made now would do: it reads and fills the user's own memory, which is as long as it was. A
   * plan that had to copy or encode a value is for one start.
   */
  lasting(): boolean;
}

/**
 * Makes a plan now, and gives what each start does: by that plan, as long as it lasts and calls are carried as they were when it was made.
 *
 * @throws MpiError what is wrong with the arguments.
 */
export function again<T>(context: CollectiveContext, prepare: () => Plan<T>): () => T | Promise<T> {
  let plan = prepare();
  let shares = context.sharesMemory;
  return () => {
    if (!plan.lasting() || shares !== context.sharesMemory) {
      plan = prepare();
      shares = context.sharesMemory;
    }
    return plan.start();
  };
}

export function always(): boolean {
  return true;
}

export function never(): boolean {
  return false;
}

/** As long as what is sent is the memory of `value` itself: a TypedArray that goes as views on it. */
export function whileViewOf(value: unknown, packets: readonly (Packet | undefined)[]): () => boolean {
  if (!isTypedArray(value)) return never;
  const { buffer, length } = value;
  if (packets.some((packet) => packet?.segments.some((segment) => segment.buffer !== buffer))) return never;
  return () => hasLength(value, length);
}

/** As long as the elements of what comes have the place in `out` that they had. */
export function whileOut(out: unknown): () => boolean {
  if (!isTypedArray(out)) return always;
  const { length } = out;
  return () => hasLength(out, length);
}

/** Its memory was neither transferred away nor resized. HOT (bench: allreduce). */
export function hasLength(array: TypedArray, length: number): boolean {
  return array.length === length && (length > 0 || !isDetached(array));
}
