/**
 * Keeps V8's last words out of the output. When its heap is full, V8 prints some thirty lines of statistics and machine addresses before
 * it aborts; the launcher's report says the same in one. Whatever turns out to be something else goes on as it is.
 */
const OPENING = '<--- Last few GCs --->';
const PROOF = 'JavaScript heap out of memory';
/** V8 prints about 4 KiB; more than this is not V8. */
const MOST = 64 * 2 ** 10;

export class CrashFilter {
  readonly #emit: (lines: Uint8Array) => void;
  #held: Uint8Array[] | undefined;
  #heldBytes = 0;
  /** Told apart from a program that prints such lines itself by what follows: the process dies of SIGABRT. */
  #proven = false;

  constructor(emit: (lines: Uint8Array) => void) {
    this.#emit = emit;
  }

  get outOfMemory(): boolean {
    return this.#proven;
  }

  push(lines: Uint8Array): void {
    if (this.#held === undefined) {
      const at = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength).indexOf(OPENING);
      if (at < 0) return this.#emit(lines);
      // An empty line comes before it.
      const from = at > 0 && lines[at - 1] === 0x0a && (at === 1 || lines[at - 2] === 0x0a) ? at - 1 : at;
      if (from > 0) this.#emit(lines.subarray(0, from));
      this.#held = [];
      lines = lines.subarray(from);
    }
    this.#held.push(lines);
    this.#heldBytes += lines.length;
    if (Buffer.concat(this.#held).includes(PROOF)) this.#proven = true;
    if (this.#heldBytes > MOST) this.#release();
  }

  /** The stream has ended; `crashed`: the process died as V8 makes it die. */
  end(crashed: boolean): void {
    if (crashed && this.#proven) this.#held = undefined;
    else this.#release();
  }

  #release(): void {
    const held = this.#held;
    this.#held = undefined;
    this.#heldBytes = 0;
    this.#proven = false;
    if (held !== undefined) this.#emit(Buffer.concat(held));
  }
}
