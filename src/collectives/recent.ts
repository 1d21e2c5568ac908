/**
 * The plans of the last calls. Programs call in loops, mostly with the arrays of the time before: then all that the arguments settle is
 * settled already, as for a persistent request.
 */
import { isTypedArray } from '../wire/dtype.ts';
import type { CollectiveContext, CollectiveOptions } from './context.ts';
import type { Plan } from './plan.ts';

/** Memory that is larger is not held beyond its call. */
const MOST_BYTES = 2 ** 20;

interface Recent {
  /** A list is a copy: the program may change it. */
  readonly value: unknown;
  readonly by: unknown;
  readonly out: unknown;
  readonly algorithm: unknown;
  readonly shares: boolean;
  readonly plan: Plan<unknown>;
}

/** Those of one communicator, by the code of the collective. */
export class RecentPlans {
  readonly #recent: (Recent | undefined)[] = [];

  /**
   * The last plan, if it is for the same arguments and a new one would do what it does; else what `prepare` makes. HOT (bench: allreduce).
   *
   * @param by - the op or the root.
   */
  plan<T>(
    context: CollectiveContext,
    code: number,
    value: unknown,
    by: unknown,
    { out, algorithm }: CollectiveOptions,
    prepare: () => Plan<T>,
  ): Plan<T> {
    const last = this.#recent[code];
    const shares = context.sharesMemory;
    if (
      last !== undefined &&
      last.out === out &&
      last.by === by &&
      last.algorithm === algorithm &&
      last.shares === shares &&
      isSame(last.value, value) &&
      last.plan.lasting()
    ) {
      return last.plan as Plan<T>;
    }
    const plan = prepare();
    this.#recent[code] =
      isKept(value) && isKept(out) && plan.lasting()
        ? { value: Array.isArray(value) ? value.slice() : value, by, out, algorithm, shares, plan }
        : undefined;
    return plan;
  }
}

function isSame(kept: unknown, value: unknown): boolean {
  if (kept === value) return true;
  if (!Array.isArray(kept) || !Array.isArray(value) || kept.length !== value.length) return false;
  for (let i = 0; i < kept.length; i++) if (kept[i] !== value[i]) return false;
  return true;
}

/** Only arrays whose place and length can't change unseen, and that are small. */
function isKept(value: unknown): boolean {
  if (value === undefined) return true;
  if (Array.isArray(value)) return value.length > 0 && value.every((one) => one !== undefined && isKept(one));
  return isTypedArray(value) && value.buffer.byteLength <= MOST_BYTES;
}
