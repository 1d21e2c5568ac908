/**
 * The sending side of one link: puts frames into one order of pieces and hands these to the socket.
 *
 * Headers, meta data and small payloads are copied one after the other into chunks, large payloads are pieces of their
 * own, in the user's memory. One vectored write takes everything that is there; until it is done the next pieces gather,
 * so the slower the reader the larger the writes, and the system never holds more than one write of ours.
 */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { type Frame, HEADER_BYTES } from '../../wire/frame.ts';
import { encodeHeader } from '../../wire/header.ts';
import { Fifo } from '../fifo.ts';
import type { Delivery } from '../transport.ts';
import { CHUNK_BYTES, type Chunk, type ChunkPool } from './chunk.ts';
import type { FlushQueue } from './flush-queue.ts';

/** Up to here a copy costs less than a piece of its own and the wait for the end of its write. */
export const COPY_BYTES = 16 * 1024;

/** Segments up to this size are copied even in a large payload: a write has room for some hundred pieces only. */
const COPY_SEGMENT_BYTES = 2 * 1024;

/** One write takes pieces until it has this much: their memory is free again when the whole write is done. */
const WRITE_BYTES = 1024 * 1024;
const WRITE_PIECES = 256;

export class Writer {
  readonly #pool: ChunkPool;
  readonly #queue: FlushQueue;
  /** Something waits, and there is no socket yet. */
  readonly #onWaiting: () => void;
  #chunk: Chunk;
  /** What is to be written after each other, and whom to tell of each. */
  readonly #pieces = new Fifo<Uint8Array>();
  readonly #deliveries = new Fifo<Delivery | null>();
  #socket: Socket | undefined;
  /** The end of a write shows at once where the system takes everything. */
  #prompt = true;
  /** Pieces of the write under way. */
  #writing = 0;
  /** Writes whose end was seen at once: the socket still tells of it, later. */
  #seen = 0;
  #dropped = false;
  #onDrained: (() => void) | undefined;
  /** In the flush queue already; its to set. */
  queued = false;

  /** @param onWaiting - told again and again while something waits and there is no socket; it must not send. */
  constructor(pool: ChunkPool, queue: FlushQueue, onWaiting: () => void) {
    this.#pool = pool;
    this.#queue = queue;
    this.#onWaiting = onWaiting;
    this.#chunk = pool.take();
  }

  /** From now on there is a socket to write to; what was sent before goes first. */
  open(socket: Socket): void {
    this.#socket = socket;
    // TLS tells of the end of a write in the next turn of the event loop, also where the system has taken everything.
    this.#prompt = !(socket instanceof TLSSocket);
    this.flush();
  }

  /** As `Transport.send`. HOT (bench: latency, rate). */
  send(frame: Frame, segments: readonly Uint8Array[], delivery: Delivery | null): boolean {
    if (this.#dropped) return true;
    if (!this.queued) this.#queue.add(this);
    if (this.#chunk.room < HEADER_BYTES) this.#nextChunk();
    const chunk = this.#chunk;
    encodeHeader(chunk.view, chunk.end, frame);
    chunk.end += HEADER_BYTES;
    if (frame.meta.byteLength > 0) this.#copy(frame.meta);
    if (frame.bytes > COPY_BYTES) return this.#reference(segments, delivery);
    for (let i = 0; i < segments.length; i++) this.#copy(segments[i]!);
    return this.#copied(delivery);
  }

  /**
   * All of a frame is copied, and done with, unless something is in its way that needs this process: the link is still to be made, or
   * a write is under way whose end shows only when the program yields. A rank that went on to compute after its send would hold
   * up whoever waits for the frame.
   */
  #copied(delivery: Delivery | null): boolean {
    if (delivery === null || (this.#socket !== undefined && (this.#prompt || this.#writing === 0))) return true;
    this.#takeChunk(delivery);
    return false;
  }

  /**
   * Writes what has gathered, unless a write is under way: then the end of that one does it. Mostly the system takes everything
   * at once, and the socket has nothing left: then that write is over, though its callback comes only when the program
   * next yields, which may be long after its next send. HOT (bench: latency).
   */
  flush(): void {
    while (this.#begin() && this.#socket?.writableLength === 0) {
      this.#seen++;
      this.#ended();
    }
  }

  /** Hands over one write, if there is something and none is under way. */
  #begin(): boolean {
    const socket = this.#socket;
    if (this.#writing > 0 || this.#dropped) return false;
    if (socket === undefined) {
      this.#onWaiting();
      return false;
    }
    this.#takeChunk();
    const available = this.#pieces.length;
    if (available === 0) {
      const drained = this.#onDrained;
      this.#onDrained = undefined;
      drained?.();
      return false;
    }
    if (available === 1) {
      this.#writing = 1;
      socket.write(this.#pieces.shift()!, this.#written);
      return true;
    }
    socket.cork();
    for (let bytes = 0; ; ) {
      const piece = this.#pieces.shift()!;
      this.#writing++;
      bytes += piece.byteLength;
      if (this.#pieces.length === 0 || bytes >= WRITE_BYTES || this.#writing === WRITE_PIECES) {
        socket.write(piece, this.#written);
        break;
      }
      socket.write(piece);
    }
    socket.uncork();
    return true;
  }

  /** The pieces of the write under way are with the system. */
  #ended(): void {
    for (let left = this.#writing; left > 0; left--) this.#deliveries.shift()?.sent();
    this.#writing = 0;
  }

  /** Calls `done` once everything sent so far is with the system. */
  drain(done: () => void): void {
    this.#onDrained = done;
    this.flush();
  }

  /** The link is gone: nothing is written any more and nobody is told. */
  drop(): void {
    this.#dropped = true;
    this.#pieces.clear();
    this.#deliveries.clear();
    this.#onDrained = undefined;
  }

  readonly #written = (error: Error | null | undefined): void => {
    // The connection reports the error and drops us.
    if (error || this.#dropped) return;
    if (this.#seen > 0) {
      this.#seen--;
      return;
    }
    this.#ended();
    this.flush();
  };

  /** Queues a large payload in place; answers as {@link send}. */
  #reference(segments: readonly Uint8Array[], delivery: Delivery | null): boolean {
    let last = segments.length - 1;
    while (last >= 0 && segments[last]!.byteLength <= COPY_SEGMENT_BYTES) last--;
    for (let i = 0; i < segments.length; i++) {
      const segment = segments[i]!;
      if (segment.byteLength <= COPY_SEGMENT_BYTES) {
        this.#copy(segment);
      } else {
        this.#takeChunk();
        this.#pieces.push(segment);
        this.#deliveries.push(i === last ? delivery : null);
      }
    }
    return last < 0 && this.#copied(delivery);
  }

  #copy(bytes: Uint8Array): void {
    let offset = 0;
    let left = bytes.byteLength;
    while (left > this.#chunk.room) {
      const { room } = this.#chunk;
      this.#chunk.bytes.set(bytes.subarray(offset, offset + room), this.#chunk.end);
      this.#chunk.end = CHUNK_BYTES;
      offset += room;
      left -= room;
      this.#nextChunk();
    }
    const chunk = this.#chunk;
    chunk.bytes.set(offset === 0 ? bytes : bytes.subarray(offset), chunk.end);
    chunk.end += left;
  }

  /** Makes a piece of what stands in the chunk. @param also - to be told, too, once it is written. */
  #takeChunk(also?: Delivery): void {
    const chunk = this.#chunk;
    if (chunk.start === chunk.end) return;
    this.#pieces.push(chunk.take());
    this.#deliveries.push(also === undefined ? chunk : both(chunk, also));
  }

  #nextChunk(): void {
    const chunk = this.#chunk;
    this.#takeChunk();
    chunk.full = true;
    this.#chunk = this.#pool.take();
    // No need to wait with a full chunk: the reader can begin. Nobody is told of its end before the send has returned.
    this.#begin();
  }
}

function both(first: Delivery, second: Delivery): Delivery {
  return {
    sent() {
      first.sent();
      second.sent();
    },
  };
}
