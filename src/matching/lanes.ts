/**
 * Ordered lists in which one entry can stand several times at once: an entry has a pair of links for every lane it is in,
 * so it leaves all of them in constant time, whichever lane it was found through.
 */

/** What can stand in lanes. */
export interface Linked {
  /** Next and previous entry: two slots for each lane it can be in. */
  readonly links: (Linked | null)[];
}

/** One list, through the links of number `index` of its entries. First in, first out, removal anywhere. */
export class Lane<T extends Linked> {
  head: T | null = null;
  private tail: T | null = null;
  private readonly next: number;
  private readonly previous: number;

  constructor(index: number) {
    this.next = 2 * index;
    this.previous = 2 * index + 1;
  }

  push(entry: T): void {
    entry.links[this.previous] = this.tail;
    entry.links[this.next] = null;
    if (this.tail === null) this.head = entry;
    else this.tail.links[this.next] = entry;
    this.tail = entry;
  }

  remove(entry: T): void {
    const after = entry.links[this.next] as T | null;
    const before = entry.links[this.previous] as T | null;
    if (before === null) this.head = after;
    else before.links[this.next] = after;
    if (after === null) this.tail = before;
    else after.links[this.previous] = before;
    entry.links[this.next] = entry.links[this.previous] = null;
  }

  after(entry: T): T | null {
    return entry.links[this.next] as T | null;
  }
}

/**
 * A lane for each (source, tag) that has entries. Lanes come and go with them, since collectives use a new tag for every call; but the
 * one that was emptied last stays, since most programs wait for the same messages again and again.
 */
export class LaneTable<T extends Linked> {
  private readonly bySource = new Map<number, Map<number, Lane<T>>>();
  private readonly index: number;
  private empty: { readonly source: number; readonly tag: number; readonly lane: Lane<T> } | null = null;

  constructor(index: number) {
    this.index = index;
  }

  push(source: number, tag: number, entry: T): void {
    let lane = this.lane(source, tag);
    if (lane === undefined) {
      let byTag = this.bySource.get(source);
      if (byTag === undefined) this.bySource.set(source, (byTag = new Map()));
      byTag.set(tag, (lane = new Lane(this.index)));
    }
    lane.push(entry);
  }

  head(source: number, tag: number): T | null {
    return this.lane(source, tag)?.head ?? null;
  }

  remove(source: number, tag: number, entry: T): void {
    const lane = this.lane(source, tag);
    if (lane === undefined) return;
    lane.remove(entry);
    const { empty } = this;
    if (lane.head !== null || lane === empty?.lane) return;
    if (empty !== null && empty.lane.head === null) this.bySource.get(empty.source)?.delete(empty.tag);
    this.empty = { source, tag, lane };
  }

  /** All entries, lane by lane. */
  *[Symbol.iterator](): Iterator<T> {
    for (const byTag of this.bySource.values()) {
      for (const lane of byTag.values()) {
        for (let entry = lane.head; entry !== null; entry = lane.after(entry)) yield entry;
      }
    }
  }

  /** HOT (bench: latency). */
  lane(source: number, tag: number): Lane<T> | undefined {
    const { empty } = this;
    if (empty !== null && empty.source === source && empty.tag === tag) return empty.lane;
    return this.bySource.get(source)?.get(tag);
  }
}
