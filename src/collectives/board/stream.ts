/** Values on their way through banks: bytes that are filled in and taken out piece by piece. */
import { NO_BYTES, NO_SEGMENTS } from '../../wire/memory.ts';
import type { Packet, PacketHead } from '../../wire/packet.ts';
import { segmentBytes } from '../../wire/segments.ts';
import { packetOf } from '../../wire/value.ts';
import type { BoardMemory } from './memory.ts';

/** format, dtype, unused, bytes of meta data, bytes of payload; the meta data follow, then the payload. */
export const HEAD_BYTES = 16;

/** The bytes of a value with its head. */
export function wholeBytesOf({ meta, bytes }: PacketHead): number {
  return HEAD_BYTES + meta.byteLength + bytes;
}

/** Writes a value with its head at `at`, where there is room for all of it. HOT (bench: bcast, allgather). */
export function writeWhole({ bytes, view }: BoardMemory, at: number, packet: Packet): void {
  const { meta, segments } = packet;
  writeHead(view, at, packet);
  let to = at + HEAD_BYTES;
  if (meta.byteLength > 0) bytes.set(meta, to);
  to += meta.byteLength;
  for (let i = 0; i < segments.length; i++) {
    bytes.set(segments[i]!, to);
    to += segments[i]!.byteLength;
  }
}

function writeHead(view: DataView, at: number, { format, dtype, meta, bytes }: PacketHead): void {
  view.setUint32(at, format | (dtype << 8), true);
  view.setUint32(at + 4, meta.byteLength, true);
  view.setFloat64(at + 8, bytes, true);
}

/** Whether such a head lies at `at`; `like` has no meta data. HOT (bench: allgather, bcast). */
export function hasHead({ view }: BoardMemory, at: number, { format, dtype, bytes }: PacketHead): boolean {
  return (
    view.getUint32(at, true) === (format | (dtype << 8)) &&
    view.getUint32(at + 4, true) === 0 &&
    view.getFloat64(at + 8, true) === bytes
  );
}

/** The head that lies at `at`; undefined where it has no room there with its meta data. */
export function beginning({ bytes, view }: BoardMemory, at: number, room: number): PacketHead | undefined {
  if (room < HEAD_BYTES) return undefined;
  const kinds = view.getUint32(at, true);
  const metaBytes = view.getUint32(at + 4, true);
  if (HEAD_BYTES + metaBytes > room) return undefined;
  const meta = metaBytes === 0 ? NO_BYTES : bytes.slice(at + HEAD_BYTES, at + HEAD_BYTES + metaBytes);
  return { format: kinds & 255, dtype: (kinds >>> 8) & 255, meta, bytes: view.getFloat64(at + 8, true) };
}

/** A value that {@link writeWhole} has written: a view on it, which is good as long as the bank is. */
export function viewOfWhole({ bytes, view }: BoardMemory, at: number): Packet {
  const kinds = view.getUint32(at, true);
  const metaBytes = view.getUint32(at + 4, true);
  const length = view.getFloat64(at + 8, true);
  const from = at + HEAD_BYTES + metaBytes;
  const meta = metaBytes === 0 ? NO_BYTES : bytes.slice(at + HEAD_BYTES, from);
  const segments = length === 0 ? NO_SEGMENTS : [bytes.subarray(from, from + length)];
  return { format: kinds & 255, dtype: (kinds >>> 8) & 255, meta, bytes: length, segments };
}

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
  static packet(packet: Packet): Outgoing {
    const head = new Uint8Array(HEAD_BYTES + packet.meta.byteLength);
    writeHead(new DataView(head.buffer), 0, packet);
    head.set(packet.meta, HEAD_BYTES);
    return new Outgoing([head, ...packet.segments]);
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
