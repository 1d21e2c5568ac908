/** A first-in, first-out queue on a ring that doubles when it is full: no element ever moves. */
export class Fifo<T> {
  #ring: (T | undefined)[] = new Array<T | undefined>(16).fill(undefined);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The oldest element. */
  get first(): T | undefined {
    return this.#ring[this.#head];
  }

  /** Takes the place of the oldest element; there is one. */
  replaceFirst(element: T): void {
    this.#ring[this.#head] = element;
  }

  push(element: T): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = element;
    this.#length++;
  }

  /** Takes out the oldest element. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const element = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#length--;
    return element;
  }

  /** Forgets all elements. */
  clear(): void {
    while (this.#length > 0) this.shift();
  }

  #grow(): void {
    const ring = this.#ring;
    const larger = new Array<T | undefined>(ring.length * 2).fill(undefined);
    for (let i = 0; i < this.#length; i++) larger[i] = ring[(this.#head + i) & (ring.length - 1)];
    this.#ring = larger;
    this.#head = 0;
  }
}
