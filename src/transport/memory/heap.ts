/** What happens at a time to come. */
export interface Due {
  time: number;
  /** Of what is due at the same time the lower one comes first … */
  tie: number;
  /** … and then what was ordered first: no two are alike. */
  order: number;
}

/** A binary heap of what is to come, the next on top. */
export class EventHeap<T extends Due> {
  #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  /** HOT (bench: scale). */
  push(item: T): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const other = items[above] as T;
      if (!before(item, other)) break;
      items[at] = other;
      at = above;
    }
    items[at] = item;
  }

  /** HOT (bench: scale). */
  pop(): T | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (last !== undefined && items.length > 0) this.#sink(last);
    return top;
  }

  /** Keeps what `wanted` says. */
  filter(wanted: (item: T) => boolean): void {
    const kept = this.#items.filter(wanted);
    this.#items = [];
    for (const item of kept) this.push(item);
  }

  clear(): void {
    this.#items = [];
  }

  /** Puts `item` in place of the top. */
  #sink(item: T): void {
    const items = this.#items;
    const half = items.length >> 1;
    let at = 0;
    while (at < half) {
      let below = 2 * at + 1;
      if (below + 1 < items.length && before(items[below + 1] as T, items[below] as T)) below++;
      const other = items[below] as T;
      if (!before(other, item)) break;
      items[at] = other;
      at = below;
    }
    items[at] = item;
  }
}

function before(a: Due, b: Due): boolean {
  if (a.time !== b.time) return a.time < b.time;
  if (a.tie !== b.tie) return a.tie < b.tie;
  return a.order < b.order;
}
