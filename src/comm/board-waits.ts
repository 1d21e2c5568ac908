/** What a process waits for at boards: looked at whenever it looks for messages, and a reason to wake it when it does not. */
import type { Awaited, Board } from '../collectives/board/board.ts';
import type { MpiError } from '../errors.ts';
import * as errors from '../errors.ts';
import { ReceiveOperation } from '../matching/operation.ts';
import type { PacketHead } from '../wire/packet.ts';
import { CALL, type CollectiveChannel } from './channel.ts';

/** A wait like one for a message that never comes: so it ends by all that ends such a wait, and is told of in all reports. */
export class BoardReceive extends ReceiveOperation {
  readonly board: Board;
  readonly goal: Awaited;
  readonly #waits: BoardWaits;

  /** @param peer - whom we wait for, as the communicator counts. */
  constructor(channel: CollectiveChannel, peer: number, board: Board, awaited: Awaited, waits: BoardWaits) {
    super(channel.context, channel, CALL, peer, channel.number, refuse, null);
    this.board = board;
    this.goal = awaited;
    this.#waits = waits;
  }

  /** Waits from now on. */
  begin(): void {
    this.context.engine.receive(this);
    if (this.pending) this.#waits.add(this);
  }

  get reached(): boolean {
    return this.board.reached(this.goal);
  }

  /** It has come. */
  end(): void {
    this.context.engine.withdraw(this);
    this.complete();
  }

  /** What a rank did before it went is done. */
  override fail(error: MpiError): void {
    this.#waits.remove(this);
    if (this.context.broken === null && this.reached) this.complete();
    else super.fail(error);
  }
}

function refuse(_: PacketHead, { source, caller }: ReceiveOperation): never {
  throw errors.protocol(
    `a message of rank ${source} in ${(caller as CollectiveChannel).describe()}, which goes by shared memory`,
  );
}

/** Those of all communicators of a process. Its `poll` and `arm` are as those of a transport. */
export class BoardWaits {
  /** Nobody polls: who does what is waited for has to wake us. */
  #armed = true;
  #waiting: BoardReceive[] = [];

  add(op: BoardReceive): void {
    this.#waiting.push(op);
    if (this.#armed) this.#sleep(op);
  }

  remove(op: BoardReceive): void {
    const at = this.#waiting.indexOf(op);
    if (at < 0) return;
    this.#waiting.splice(at, 1);
    op.board.wake();
  }

  /** HOT (bench: allreduce). */
  poll(): boolean {
    if (this.#armed) {
      this.#armed = false;
      for (const { board } of this.#waiting) board.wake();
    }
    let found = false;
    // Backwards: what has come is taken out.
    for (let at = this.#waiting.length - 1; at >= 0; at--) {
      const op = this.#waiting[at]!;
      if (!op.reached) continue;
      this.#waiting.splice(at, 1);
      op.end();
      found = true;
    }
    return found;
  }

  arm(): boolean {
    this.#armed = true;
    let quiet = true;
    for (const { board, goal } of this.#waiting) if (!board.sleep(goal)) quiet = false;
    return quiet;
  }

  /** Somebody has woken us for what is awaited at this board. */
  rung(board: Board): void {
    const op = this.#waiting.find((one) => one.board === board);
    if (op === undefined) return;
    if (op.reached) this.#end(op);
    else if (this.#armed) this.#sleep(op);
  }

  #sleep(op: BoardReceive): void {
    if (!op.board.sleep(op.goal)) this.#end(op);
  }

  #end(op: BoardReceive): void {
    this.remove(op);
    op.end();
  }
}
