/** Cuts a stream of bytes after its last newline: what goes on is whole lines. Bytes stay bytes, so every encoding passes. */

/** A line may be this long before it goes on in pieces. */
export const LONGEST_LINE = 4 * 2 ** 20;

const NEWLINE = 0x0a;

export class LineSplitter {
  readonly #emit: (lines: Uint8Array) => void;
  readonly #longest: number;
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  constructor(emit: (lines: Uint8Array) => void, longest = LONGEST_LINE) {
    this.#emit = emit;
    this.#longest = longest;
  }

  push(chunk: Uint8Array): void {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      const lines = chunk.subarray(0, end);
      if (this.#heldBytes > 0) {
        this.#held.push(lines);
        this.flush();
      } else this.#emit(lines);
    }
    if (end < chunk.length) {
      this.#held.push(chunk.subarray(end));
      this.#heldBytes += chunk.length - end;
      if (this.#heldBytes > this.#longest) this.flush();
    }
  }

  /** What is held goes on as it is: the stream has ended, or the line is too long to wait for. */
  flush(): void {
    if (this.#held.length === 0) return;
    const bytes = this.#held.length === 1 ? this.#held[0]! : Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    this.#emit(bytes);
  }
}
