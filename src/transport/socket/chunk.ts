/** Pieces of memory in which small frames are gathered before they are written. */
import type { Delivery } from '../transport.ts';

export const CHUNK_BYTES = 64 * 1024;

/**
 * Filled from `start` to `end`; what stands before `start` is with the socket. A chunk is told (as a delivery of its
 * writer) when a part of it is written, so it can be filled anew once nothing of it is under way.
 */
export class Chunk implements Delivery {
  readonly bytes: Buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  readonly view: DataView = new DataView(this.bytes.buffer);
  start = 0;
  end = 0;
  /** Nothing is added any more. */
  full = false;
  #underWay = 0;
  readonly #pool: ChunkPool;

  constructor(pool: ChunkPool) {
    this.#pool = pool;
  }

  get room(): number {
    return CHUNK_BYTES - this.end;
  }

  /** Takes out what was filled in since the last time. The caller has it written and then calls {@link sent}. */
  take(): Buffer {
    const part = this.bytes.subarray(this.start, this.end);
    this.start = this.end;
    this.#underWay++;
    return part;
  }

  sent(): void {
    this.#underWay--;
    if (this.#underWay > 0) return;
    if (this.full) {
      this.#pool.give(this);
    } else if (this.start === this.end) {
      this.start = this.end = 0;
    }
  }
}

/** Chunks for reuse, shared by the links of one mesh. */
export class ChunkPool {
  readonly #spare: Chunk[] = [];
  readonly #maxSpare: number;

  constructor(maxSpare = 64) {
    this.#maxSpare = maxSpare;
  }

  take(): Chunk {
    return this.#spare.pop() ?? new Chunk(this);
  }

  give(chunk: Chunk): void {
    chunk.start = chunk.end = 0;
    chunk.full = false;
    if (this.#spare.length < this.#maxSpare) this.#spare.push(chunk);
  }
}
