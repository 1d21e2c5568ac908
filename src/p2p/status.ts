import { ANY_SOURCE, ANY_TAG } from '../matching/envelope.ts';

/**
 * What is known of a received message (MPI 4.1, section 3.2.5). Make one, pass it as the `status` option, read it after the
 * call; or take it from `request.status`, `probe` and `message.status`.
 */
export class Status {
  /** The sender's rank, `PROC_NULL` for a receive from nobody; `ANY_SOURCE` while nothing was received. */
  source: number = ANY_SOURCE;
  /** The message's tag; `ANY_TAG` while nothing was received. */
  tag: number = ANY_TAG;
  /** Payload bytes. */
  bytes = 0;
  /** Elements of a numeric value (TypedArray, ndarray); 1 for any other value, 0 for `undefined`. */
  count = 0;
  /** The receive was cancelled: the other fields say nothing. */
  cancelled = false;

  set(source: number, tag: number, bytes: number, count: number): this {
    this.source = source;
    this.tag = tag;
    this.bytes = bytes;
    this.count = count;
    this.cancelled = false;
    return this;
  }
}
