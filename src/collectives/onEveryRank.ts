import type { Packet } from '../wire/packet.ts';
import { checkOut, encode } from '../wire/value.ts';
import { sharedMemory } from './allreduce/sharedMemory.ts';
import { Board } from './board/board.ts';
import type { CallChannel, Channel } from './channel.ts';
import type { CollectiveContext, CollectiveOptions, Fingerprint } from './context.ts';
import type { ArrayOperand, ValueOperand } from './operands/operand.ts';
import { type Target, targetOf } from './operands/target.ts';
import type { OpLike } from './ops.ts';
import { never, type Plan } from './plan.ts';
import {
  algorithmFor,
  copyOperand,
  deliver,
  fingerprintFor,
  type Reduction,
  reductionOf,
  segmentOf,
  stillThere,
} from './reduction.ts';
import type { RunOf } from './registry.ts';
import { boardOf, type Choice } from './selection.ts';
import { ownValue } from './values.ts';

/** Combines what is no array of numbers, value by value. */
type CombineValues = (channel: Channel, operand: ValueOperand, own: Packet, call: string) => Promise<unknown>;

/** A reduction that gives every rank a result, as allreduce and scan do. */
export function onEveryRank<T>(
  context: CollectiveContext,
  name: 'allreduce' | 'scan',
  value: T,
  op: OpLike,
  options: CollectiveOptions,
  combineValues: CombineValues,
): Plan<T> {
  const reduction = reductionOf(context, name, value, op, options);
  const { operand } = reduction;
  const { out } = options;
  const choice = algorithmFor(context, name, reduction.op, operand, options.algorithm);
  const fingerprint = fingerprintFor(reduction, choice.code);
  if (operand.as === 'array') {
    const fixed = out === undefined ? undefined : targetOf(operand, out, name);
    return new ArrayPlan<T>(context, reduction, fingerprint, operand, choice, fixed);
  }

  if (out !== undefined) checkOut(out, name);
  const own = encode(operand.value, name);
  return {
    lasting: never,
    async start() {
      const channel = context.open(fingerprint);
      const result =
        context.size === 1 ? ownValue(own, undefined, name) : await combineValues(channel, operand, own, name);
      context.close(channel);
      return deliver(result, out, name) as T;
    },
  };
}

/** For arrays of numbers. HOT (bench: allreduce): one object, no closures. */
class ArrayPlan<T> implements Plan<T> {
  readonly #context: CollectiveContext;
  readonly #call: string;
  readonly #commutative: boolean;
  readonly #fingerprint: Fingerprint;
  readonly #operand: ArrayOperand;
  readonly #choice: Choice<RunOf<'allreduce' | 'scan'>>;
  /** In `out`; undefined where each start makes a result. */
  readonly #fixed: Target | undefined;
  /** Elements of the operand, as of the result. */
  readonly #length: number;

  constructor(
    context: CollectiveContext,
    { call, op }: Reduction,
    fingerprint: Fingerprint,
    operand: ArrayOperand,
    choice: Choice<RunOf<'allreduce' | 'scan'>>,
    fixed: Target | undefined,
  ) {
    this.#context = context;
    this.#call = call;
    this.#commutative = op.commutative;
    this.#fingerprint = fingerprint;
    this.#operand = operand;
    this.#choice = choice;
    this.#fixed = fixed;
    this.#length = operand.input.length;
  }

  start(): T | Promise<T> {
    const context = this.#context;
    const operand = this.#operand;
    const target = this.#fixed ?? targetOf(operand, undefined, this.#call);
    const channel = context.open(this.#fingerprint);
    const turn = boardOf(channel, this.#choice);
    // Of these two only allreduce has it.
    const made =
      turn instanceof Board
        ? sharedMemory(turn, target.input, target.work, operand.reducer)
        : this.#make(channel, turn, target);
    if (made !== undefined) return made.then(() => this.#finish(channel, target));
    return this.#finish(channel, target);
  }

  async #make(channel: CallChannel, turn: ReturnType<CallChannel['board']>, target: Target): Promise<void> {
    const context = this.#context;
    const { reducer } = this.#operand;
    const board = turn && (await turn);
    if (board !== undefined) await sharedMemory(board, target.input, target.work, reducer);
    else if (context.size === 1) copyOperand(target);
    else {
      const segment = segmentOf(context, this.#operand);
      await this.#choice.run(channel, target.input, target.work, reducer, segment, this.#commutative);
    }
  }

  #finish(channel: CallChannel, target: Target): T {
    this.#context.close(channel);
    return target.finish() as T;
  }

  lasting(): boolean {
    return stillThere(this.#operand, this.#length, this.#fixed);
  }
}
