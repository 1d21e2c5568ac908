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

/** A lane for each (source, tag) that has entries; lanes come and go with them. */
export class LaneTable<T extends Linked> {
  private readonly bySource = new Map<number, Map<number, Lane<T>>>();
  private readonly index: number;

  constructor(index: number) {
    this.index = index;
  }

  push(source: number, tag: number, entry: T): void {
    let byTag = this.bySource.get(source);
    if (byTag === undefined) this.bySource.set(source, (byTag = new Map()));
    let lane = byTag.get(tag);
    if (lane === undefined) byTag.set(tag, (lane = new Lane(this.index)));
    lane.push(entry);
  }

  head(source: number, tag: number): T | null {
    return this.bySource.get(source)?.get(tag)?.head ?? null;
  }

  remove(source: number, tag: number, entry: T): void {
    const byTag = this.bySource.get(source);
    const lane = byTag?.get(tag);
    if (byTag === undefined || lane === undefined) return;
    lane.remove(entry);
    // Collectives use a new tag for every call: empty lanes must not stay.
    if (lane.head === null) byTag.delete(tag);
  }

  lane(source: number, tag: number): Lane<T> | undefined {
    return this.bySource.get(source)?.get(tag);
  }
}
