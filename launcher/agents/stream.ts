/**
 * Messages over a stream of bytes: two lengths (u32, little-endian), a head (JSON), and bytes that stay bytes. Memory grows with
 * what has arrived, never with what a length promises.
 */

/** A head holds the plan of a rank or the addresses of a job; a million ranks fit. */
const LONGEST_HEAD = 64 * 2 ** 20;
/** A compiled script is a string of V8 before: at most half of this. */
const LONGEST_BODY = 2 ** 30;
const LENGTHS = 8;

/** What `head` and `body` are on the wire. */
export function encodeMessage(head: object, body: Uint8Array = new Uint8Array()): Uint8Array[] {
  const json = Buffer.from(JSON.stringify(head));
  if (json.length > LONGEST_HEAD || body.length > LONGEST_BODY) {
    throw new RangeError(`a message of ${json.length} + ${body.length} bytes is too long`);
  }
  const lengths = Buffer.alloc(LENGTHS);
  lengths.writeUInt32LE(json.length, 0);
  lengths.writeUInt32LE(body.length, 4);
  const start = Buffer.concat([lengths, json]);
  return body.length === 0 ? [start] : [start, body];
}

/** What has arrived is nothing that {@link encodeMessage} makes. */
export class BrokenStream extends Error {}

export class MessageReader {
  readonly #onMessage: (head: object, body: Uint8Array) => void;
  #chunks: Uint8Array[] = [];
  #available = 0;
  /** Of the message that is arriving. */
  #lengths: { head: number; body: number } | undefined;

  constructor(onMessage: (head: object, body: Uint8Array) => void) {
    this.#onMessage = onMessage;
  }

  /** @throws BrokenStream - whatever follows makes no sense either. */
  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#available += chunk.length;
    for (;;) {
      if (this.#lengths === undefined) {
        if (this.#available < LENGTHS) return;
        this.#lengths = readLengths(this.#take(LENGTHS));
      }
      const { head, body } = this.#lengths;
      if (this.#available < head + body) return;
      this.#lengths = undefined;
      this.#onMessage(parseHead(this.#take(head)), this.#take(body));
    }
  }

  /** The next bytes, which are there. Copies only across chunks. */
  #take(length: number): Buffer {
    let used = 0;
    let bytes = 0;
    while (bytes < length) bytes += this.#chunks[used++]!.length;
    const taken = this.#chunks.splice(0, used);
    const whole = taken.length === 1 ? view(taken[0]!) : Buffer.concat(taken);
    if (bytes > length) this.#chunks.unshift(whole.subarray(length));
    this.#available -= length;
    return whole.subarray(0, length);
  }
}

function readLengths(bytes: Buffer): { head: number; body: number } {
  const lengths = { head: bytes.readUInt32LE(0), body: bytes.readUInt32LE(4) };
  if (lengths.head > LONGEST_HEAD || lengths.body > LONGEST_BODY) throw new BrokenStream();
  return lengths;
}

function parseHead(bytes: Buffer): object {
  try {
    const head: unknown = JSON.parse(bytes.toString());
    if (typeof head === 'object' && head !== null) return head;
  } catch {
    // No JSON.
  }
  throw new BrokenStream();
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
