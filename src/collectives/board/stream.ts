/** Values on their way through banks: bytes that are filled in and taken out piece by piece. */
import type { Packet, PacketHead } from '../../wire/packet.ts';
import { segmentBytes } from '../../wire/segments.ts';
import { packetOf } from '../../wire/value.ts';

/** format, dtype, unused, bytes of meta data, bytes of payload; the meta data follow, then the payload. */
const HEAD_BYTES = 16;

/** How far memory in several pieces has been gone through. */
class Cursor {
  readonly #segments: readonly Uint8Array[];
  #segment = 0;
  #offset = 0;
  left: number;

  constructor(segments: readonly Uint8Array[]) {
    this.#segments = segments;
    this.left = segmentBytes(segments);
  }

  /** Copies the next bytes into `bytes` at `at`, at most `room`; answers how many. */
  read(bytes: Uint8Array, at: number, room: number): number {
    return this.#go(room, (piece, from) => bytes.set(piece, at + from));
  }

  /** Copies at most `count` bytes of `bytes` at `at` to where the next ones belong; answers how many. */
  write(bytes: Uint8Array, at: number, count: number): number {
    return this.#go(count, (piece, from) => piece.set(bytes.subarray(at + from, at + from + piece.byteLength)));
  }

  #go(count: number, copy: (piece: Uint8Array, from: number) => void): number {
    const total = Math.min(count, this.left);
    let done = 0;
    while (done < total) {
      const segment = this.#segments[this.#segment]!;
      const length = Math.min(total - done, segment.byteLength - this.#offset);
      const whole = length === segment.byteLength;
      if (length > 0) copy(whole ? segment : segment.subarray(this.#offset, this.#offset + length), done);
      done += length;
      this.#offset += length;
      if (this.#offset === segment.byteLength) {
        this.#segment++;
        this.#offset = 0;
      }
    }
    this.left -= total;
    return total;
  }
}

/** What a rank says. */
export class Outgoing {
  readonly #cursor: Cursor;

  /** Bytes as they are: the other side knows how many come. */
  constructor(segments: readonly Uint8Array[]) {
    this.#cursor = new Cursor(segments);
  }

  /** A value with its head. */
  static packet({ format, dtype, meta, bytes, segments }: Packet): Outgoing {
    const head = new Uint8Array(HEAD_BYTES + meta.byteLength);
    const view = new DataView(head.buffer);
    head[0] = format;
    head[1] = dtype;
    view.setUint32(4, meta.byteLength, true);
    view.setFloat64(8, bytes, true);
    head.set(meta, HEAD_BYTES);
    return new Outgoing([head, ...segments]);
  }

  /** In how many pieces of at most `room` bytes it goes. */
  pieces(room: number): number {
    return Math.ceil(this.#cursor.left / room);
  }

  /** The next piece, into a bank. */
  fill(bytes: Uint8Array, at: number, room: number): void {
    this.#cursor.read(bytes, at, room);
  }
}

/** What a rank hears. */
export interface Incoming {
  /** The next piece, out of a bank where `room` bytes are for it. */
  take(bytes: Uint8Array, at: number, room: number): void;
}

/** Bytes into memory that is there already. */
export class IncomingBytes implements Incoming {
  readonly #cursor: Cursor;

  constructor(segments: readonly Uint8Array[]) {
    this.#cursor = new Cursor(segments);
  }

  take(bytes: Uint8Array, at: number, room: number): void {
    this.#cursor.write(bytes, at, room);
  }
}

/** A value with its head: head, then meta data, then the payload, to where `land` says. */
export class IncomingPacket implements Incoming {
  readonly #land: (head: PacketHead) => readonly Uint8Array[];
  readonly #head = new Uint8Array(HEAD_BYTES);
  #meta: Uint8Array | undefined;
  #cursor = new Cursor([this.#head]);
  #landed = false;

  constructor(land: (head: PacketHead) => readonly Uint8Array[]) {
    this.#land = land;
  }

  take(bytes: Uint8Array, at: number, room: number): void {
    let taken = this.#cursor.write(bytes, at, room);
    while (this.#cursor.left === 0 && !this.#landed) {
      this.#cursor = new Cursor(this.#nextPart());
      taken += this.#cursor.write(bytes, at + taken, room - taken);
    }
  }

  #nextPart(): readonly Uint8Array[] {
    const view = new DataView(this.#head.buffer);
    if (this.#meta === undefined) return [(this.#meta = new Uint8Array(view.getUint32(4, true)))];
    this.#landed = true;
    const [format = 0, dtype = 0] = this.#head;
    return this.#land({ format, dtype, meta: this.#meta, bytes: view.getFloat64(8, true) });
  }
}

/** A value into fresh memory, still encoded. */
export class Kept extends IncomingPacket {
  #packet: Packet | undefined;

  constructor() {
    super((head) => (this.#packet = packetOf(head).packet).segments);
  }

  /** Once all of it has been taken. */
  get packet(): Packet {
    return this.#packet!;
  }
}
