/**
 * The two queues of message matching. Every look-up is constant time, whatever the wildcards and however long the queues:
 * a flood of unexpected messages costs its memory, never a scan.
 */
import { ANY_SOURCE, ANY_TAG } from './envelope.ts';
import { Lane, LaneTable, type Linked } from './lanes.ts';

/** A receive that waits for its message; `source` and `tag` may be wildcards. */
export interface Posted extends Linked {
  readonly source: number;
  readonly tag: number;
  /** Posting order. */
  order: number;
  queued: boolean;
}

/** Receives, each in the one lane of its pattern; a message looks at the heads of the four that fit it. */
export class PostedQueue<T extends Posted> {
  private readonly table = new LaneTable<T>(0);
  private orders = 0;
  /** Posted receives with a wildcard in them: while there are none, one look-up is enough. */
  private wildcards = 0;

  add(op: T): void {
    op.order = this.orders++;
    op.queued = true;
    if (op.source === ANY_SOURCE || op.tag === ANY_TAG) this.wildcards++;
    this.table.push(op.source, op.tag, op);
  }

  remove(op: T): boolean {
    if (!op.queued) return false;
    op.queued = false;
    if (op.source === ANY_SOURCE || op.tag === ANY_TAG) this.wildcards--;
    this.table.remove(op.source, op.tag, op);
    return true;
  }

  /** Takes out the receive posted first among those that a message from `source` with `tag` fits. HOT (bench: rate). */
  take(source: number, tag: number): T | null {
    let found = this.table.head(source, tag);
    if (this.wildcards > 0) {
      found = earlier(found, this.table.head(source, ANY_TAG));
      found = earlier(found, this.table.head(ANY_SOURCE, tag));
      found = earlier(found, this.table.head(ANY_SOURCE, ANY_TAG));
    }
    if (found !== null) this.remove(found);
    return found;
  }

  /** In posting order. */
  [Symbol.iterator](): Iterator<T> {
    return [...this.table].sort((a, b) => a.order - b.order).values();
  }
}

function earlier<T extends Posted>(a: T | null, b: T | null): T | null {
  if (a === null) return b;
  if (b === null) return a;
  return a.order < b.order ? a : b;
}

/** A message that has arrived before its receive. */
export interface Unexpected extends Linked {
  readonly source: number;
  readonly tag: number;
  queued: boolean;
}

/**
 * Messages in order of arrival. Each stands in the lane of its (source, tag) and in that of all; the lanes for wildcards on
 * one side are kept from the first look-up that needs them on, so programs without wildcards do not pay for them.
 */
export class UnexpectedQueue<T extends Unexpected> {
  private readonly all = new Lane<T>(0);
  private readonly exact = new LaneTable<T>(1);
  private bySource: LaneTable<T> | null = null;
  private byTag: LaneTable<T> | null = null;
  size = 0;

  add(message: T): void {
    message.queued = true;
    this.size++;
    this.all.push(message);
    this.exact.push(message.source, message.tag, message);
    this.bySource?.push(message.source, ANY_TAG, message);
    this.byTag?.push(ANY_SOURCE, message.tag, message);
  }

  remove(message: T): boolean {
    if (!message.queued) return false;
    message.queued = false;
    this.size--;
    this.all.remove(message);
    this.exact.remove(message.source, message.tag, message);
    this.bySource?.remove(message.source, ANY_TAG, message);
    this.byTag?.remove(ANY_SOURCE, message.tag, message);
    return true;
  }

  /** The message that arrived first among those that the pattern fits; it stays in the queue. HOT (bench: rate). */
  find(source: number, tag: number): T | null {
    if (this.size === 0) return null;
    if (source !== ANY_SOURCE) {
      if (tag !== ANY_TAG) return this.exact.head(source, tag);
      this.bySource ??= this.index(2, (message) => [message.source, ANY_TAG]);
      return this.bySource.head(source, ANY_TAG);
    }
    if (tag === ANY_TAG) return this.all.head;
    this.byTag ??= this.index(3, (message) => [ANY_SOURCE, message.tag]);
    return this.byTag.head(ANY_SOURCE, tag);
  }

  /** Among the messages of exactly this envelope, the first that `wanted` picks. */
  search(source: number, tag: number, wanted: (message: T) => boolean): T | null {
    const lane = this.exact.lane(source, tag);
    for (let message = lane?.head ?? null; message !== null; message = lane?.after(message) ?? null) {
      if (wanted(message)) return message;
    }
    return null;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let message = this.all.head; message !== null; ) {
      const next = this.all.after(message);
      yield message;
      message = next;
    }
  }

  private index(lane: number, key: (message: T) => [source: number, tag: number]): LaneTable<T> {
    const table = new LaneTable<T>(lane);
    for (const message of this) table.push(...key(message), message);
    return table;
  }
}
