/**
 * Memory for the payloads of unexpected messages, used again.
 *
 * Most of them are copied to where the receive wants them, and are free then. Fresh memory for each would be cheap to get, but V8 counts what
 * hangs at its heap: at 64 KiB a message it marks and sweeps all the time, beside the program and in its way.
 */
import { allocate, bytesOf } from '../wire/memory.ts';

/** Smaller ones are cheap, and many may wait at once. */
const MIN_BYTES = 2048;
const MAX_SPARES = 16;

export class Spares {
  /** Programs send the same lengths again and again: only the very length fits. The longest waiting first. */
  private readonly spares: Uint8Array[] = [];

  /** Memory with any content, in an ArrayBuffer of its own. */
  take(bytes: number): Uint8Array {
    if (bytes < MIN_BYTES) return new Uint8Array(bytes);
    const { spares } = this;
    for (let i = spares.length - 1; i >= 0; i--) {
      const spare = spares[i]!;
      if (spare.length !== bytes) continue;
      const last = spares.pop()!;
      if (last !== spare) spares[i] = last;
      return spare;
    }
    return bytesOf(allocate(bytes, 'recv'));
  }

  /** Nobody reads or writes it any more. */
  giveBack(payload: Uint8Array): void {
    if (payload.length < MIN_BYTES) return;
    if (this.spares.length === MAX_SPARES) this.spares.shift();
    this.spares.push(payload);
  }
}
