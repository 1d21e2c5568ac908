/** Reads one message of a fixed size, and not a byte more. */
export class MessageReader {
  #message: Buffer;
  #filled = 0;

  constructor(bytes: number) {
    this.#message = Buffer.alloc(bytes);
  }

  /** Where the rest of the message goes. */
  get rest(): Uint8Array {
    return this.#message.subarray(this.#filled);
  }

  /** What has come so far. */
  get sofar(): Buffer {
    return this.#message.subarray(0, this.#filled);
  }

  /** Counts bytes that have come; answers the message once it is complete. */
  advance(bytes: number): Buffer | undefined {
    this.#filled += bytes;
    return this.#filled === this.#message.length ? this.#message : undefined;
  }
}
