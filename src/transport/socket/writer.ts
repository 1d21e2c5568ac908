/**
 * The sending side of one link: puts frames into one order of pieces and hands these to the socket.
 *
 * Headers, meta data and small payloads are copied one after the other into chunks, large payloads are pieces of their
 * own, in the user's memory. They go to the system past libuv where that is possible. What it has no room for goes there as soon as somebody
 * polls again; where nobody does, one vectored write of libuv's takes everything that is there. Until that is done the next pieces
 * gather, so the slower the reader the larger the writes, and libuv never holds more than one write of ours.
 */
import type { Socket } from 'node:net';
import { type Native, WOULD_BLOCK } from '../../native/native.ts';
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

/** What the writers of one mesh share. */
export interface WriterShare {
  readonly chunks: ChunkPool;
  readonly flushes: FlushQueue;
  /** The calls by which plain sockets are written past libuv, where there are any. */
  readonly native: Native | undefined;
  /** Somebody comes again soon to write what there was no room for. */
  readonly polling: boolean;
}

/** Where the bytes go. */
export interface Outlet {
  readonly socket: Socket;
  readonly plain: boolean;
  /** Of a plain socket that is not gone; else -1. */
  readonly fd: number;
}

export class Writer {
  readonly #share: WriterShare;
  /** Something waits, and there is no socket yet. */
  readonly #onWaiting: () => void;
  #chunk: Chunk;
  /** What is to be written after each other, and whom to tell of each. */
  readonly #pieces = new Fifo<Uint8Array>();
  readonly #deliveries = new Fifo<Delivery | null>();
  #outlet: Outlet | undefined;
  /** The oldest deliveries, whose pieces are with the system, and who have not been told yet. */
  #taken = 0;
  /** Pieces of libuv's write under way; their deliveries come next. */
  #writing = 0;
  /** Writes whose end was seen at once: the socket still tells of it, later. */
  #seen = 0;
  #dropped = false;
  #onDrained: (() => void) | undefined;
  /** In the flush queue already; its to set. */
  queued = false;

  /** @param onWaiting - told again and again while something waits and there is no socket; it must not send. */
  constructor(share: WriterShare, onWaiting: () => void) {
    this.#share = share;
    this.#onWaiting = onWaiting;
    this.#chunk = share.chunks.take();
  }

  /** Something waits for room in the system, and nobody but {@link flush} will write it. */
  get blocked(): boolean {
    return this.#pieces.length > 0 && this.#writing === 0 && this.#outlet !== undefined;
  }

  /** From now on there is a socket to write to; what was sent before goes first. */
  open(outlet: Outlet): void {
    this.#outlet = outlet;
    this.flush();
  }

  /** As `Transport.send`. HOT (bench: latency, rate). */
  send(frame: Frame, segments: readonly Uint8Array[], delivery: Delivery | null): boolean {
    if (this.#dropped) return true;
    if (!this.queued) this.#share.flushes.add(this);
    if (this.#chunk.room < HEADER_BYTES) this.#nextChunk();
    const chunk = this.#chunk;
    encodeHeader(chunk.view, chunk.end, frame);
    chunk.end += HEADER_BYTES;
    if (frame.meta.length > 0) this.#copy(frame.meta);
    if (frame.bytes > COPY_BYTES) return this.#reference(segments, delivery);
    for (let i = 0; i < segments.length; i++) this.#copy(segments[i]!);
    return this.#copied(delivery);
  }

  /**
   * All of a frame is copied, and done with, unless something is in its way that needs this process: the link is still to be made, or
   * a write of TLS is under way, whose end shows only when the program yields. A rank that went on to compute after its send would
   * hold up whoever waits for the frame.
   */
  #copied(delivery: Delivery | null): boolean {
    if (delivery === null || (this.#outlet !== undefined && (this.#outlet.plain || this.#writing === 0))) return true;
    this.#takeChunk(delivery);
    return false;
  }

  /** Writes what has gathered, unless a write of libuv's is under way: then the end of that one does it. HOT (bench: latency). */
  flush(): void {
    do this.#tell();
    while (this.#begin());
  }

  /** Hands over what there is; true where the system has taken it, and somebody has to be told. */
  #begin(): boolean {
    const outlet = this.#outlet;
    if (this.#writing > 0 || this.#dropped) return false;
    if (outlet === undefined) {
      this.#onWaiting();
      return false;
    }
    this.#takeChunk();
    if (this.#pieces.length === 0) {
      const drained = this.#onDrained;
      this.#onDrained = undefined;
      drained?.();
      return false;
    }
    const { native } = this.#share;
    const full = native !== undefined && outlet.plain && this.#sendPast(native, outlet.fd);
    if (this.#pieces.length > 0 && !(full && this.#share.polling)) this.#write(outlet.socket);
    return this.#taken > 0;
  }

  /** Past libuv, which has nothing under way; whether the system has no more room. What fails here fails in libuv as well. */
  #sendPast(native: Native, fd: number): boolean {
    const pieces = this.#pieces;
    while (pieces.length > 0) {
      const piece = pieces.first!;
      const bytes = native.send(fd, piece, pieces.length > 1);
      if (bytes < piece.length) {
        if (bytes > 0) pieces.replaceFirst(piece.subarray(bytes));
        return bytes > 0 || bytes === WOULD_BLOCK;
      }
      pieces.shift();
      this.#taken++;
    }
    return false;
  }

  /** One write of libuv's. */
  #write(socket: Socket): void {
    const pieces = this.#pieces;
    if (pieces.length === 1) {
      this.#writing = 1;
      socket.write(pieces.shift()!, this.#written);
    } else {
      socket.cork();
      for (let bytes = 0; ; ) {
        const piece = pieces.shift()!;
        this.#writing++;
        bytes += piece.length;
        if (pieces.length === 0 || bytes >= WRITE_BYTES || this.#writing === WRITE_PIECES) {
          socket.write(piece, this.#written);
          break;
        }
        socket.write(piece);
      }
      socket.uncork();
    }
    // Mostly the system takes everything at once, and the socket has nothing left: then the write is over, though its callback comes only
    // when the program next yields, which may be long after its next send.
    if (socket.writableLength > 0) return;
    this.#seen++;
    this.#ended();
  }

  /** The pieces of libuv's write are with the system. */
  #ended(): void {
    this.#taken += this.#writing;
    this.#writing = 0;
  }

  #tell(): void {
    while (this.#taken > 0) {
      this.#taken--;
      this.#deliveries.shift()?.sent();
    }
  }

  /** Calls `done` once everything sent so far is with the system. */
  drain(done: () => void): void {
    this.#onDrained = done;
    this.flush();
  }

  /** The link is gone: nothing is written any more and nobody is told. */
  drop(): void {
    this.#dropped = true;
    this.#taken = 0;
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
    while (last >= 0 && segments[last]!.length <= COPY_SEGMENT_BYTES) last--;
    for (let i = 0; i < segments.length; i++) {
      const segment = segments[i]!;
      if (segment.length <= COPY_SEGMENT_BYTES) {
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
    let left = bytes.length;
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
    this.#chunk = this.#share.chunks.take();
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
