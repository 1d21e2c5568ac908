import type { Landing } from '../transport/transport.ts';
import type { Frame } from '../wire/frame.ts';
import type { Message } from './message.ts';
import type { ReceiveOperation } from './operation.ts';

/** A payload on its way into a receive, an unexpected message or a sentence about a communicator; or into nowhere. */
export class EngineLanding implements Landing {
  readonly segments: readonly Uint8Array[];
  readonly bytes: number;
  readonly op: ReceiveOperation | null;
  readonly message: Message | null;
  readonly revoke: Frame | null;

  private constructor(
    segments: readonly Uint8Array[],
    bytes: number,
    op: ReceiveOperation | null,
    message: Message | null,
    revoke: Frame | null,
  ) {
    this.segments = segments;
    this.bytes = bytes;
    this.op = op;
    this.message = message;
    this.revoke = revoke;
  }

  static into(op: ReceiveOperation, segments: readonly Uint8Array[], bytes: number): EngineLanding {
    return new EngineLanding(segments, bytes, op, null, null);
  }

  static keep(message: Message): EngineLanding {
    return new EngineLanding(message.segments, message.bytes, null, message, null);
  }

  static sentence(revoke: Frame, bytes: number): EngineLanding {
    return new EngineLanding([new Uint8Array(bytes)], bytes, null, null, revoke);
  }

  /** Counts for `op`, if there is one, but nobody wants to see it. */
  static nowhere(bytes: number, op: ReceiveOperation | null = null): EngineLanding {
    return new EngineLanding([new Uint8Array(bytes)], bytes, op, null, null);
  }

  /** The receive that ends with this payload, if it is a whole message. */
  get receiver(): ReceiveOperation | null {
    return this.op ?? this.message?.receiver ?? null;
  }
}
