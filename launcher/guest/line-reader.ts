/** Lines of text from a stream, one at a time; what comes after them is left in the stream for somebody else. */
import type { Duplex } from 'node:stream';

const NEWLINE = 0x0a;

export class LineReader {
  readonly #stream: Duplex;
  readonly #longest: number;
  /** Of a line whose end has not come. */
  #begun = Buffer.alloc(0);

  /** @param longest - bytes; a longer line is an error. */
  constructor(stream: Duplex, longest: number) {
    this.#stream = stream;
    this.#longest = longest;
    // Whoever waits hears of it; an error between two lines is heard of by the next one who asks.
    stream.on('error', () => {});
  }

  /** Rejects when the stream ends before, when the line is too long, and with the reason of `deadline` when that comes first. */
  next(deadline: AbortSignal): Promise<string> {
    return new Promise((resolve, reject) => {
      const stream = this.#stream;
      const settle = (outcome: () => void): void => {
        stream.off('readable', read);
        stream.off('end', ended);
        stream.off('close', ended);
        deadline.removeEventListener('abort', expired);
        outcome();
      };
      const ended = (): void => settle(() => reject(stream.errored ?? new Error('the connection has ended')));
      const expired = (): void => settle(() => reject(deadline.reason as Error));
      /** Whether that was the end of the line, or of our patience with it. */
      const take = (chunk: Buffer): boolean => {
        const bytes = Buffer.concat([this.#begun, chunk]);
        const end = bytes.indexOf(NEWLINE);
        if ((end < 0 ? bytes.length : end) > this.#longest) {
          settle(() => reject(new Error(`a line is longer than ${this.#longest} bytes`)));
          return true;
        }
        this.#begun = end < 0 ? bytes : Buffer.alloc(0);
        if (end < 0) return false;
        if (end + 1 < bytes.length) stream.unshift(bytes.subarray(end + 1));
        settle(() => resolve(bytes.toString('utf8', 0, end)));
        return true;
      };
      // What is there comes at once up to Node.js 25, and piece by piece, as it was written, from 26 on.
      const read = (): void => {
        for (let done = false; !done; ) {
          const chunk = stream.read() as Buffer | null;
          done = chunk === null || take(chunk);
        }
      };
      if (deadline.aborted) return expired();
      stream.on('readable', read);
      stream.on('end', ended);
      stream.on('close', ended);
      deadline.addEventListener('abort', expired);
      if (stream.destroyed || stream.readableEnded) return ended();
      read();
    });
  }
}
