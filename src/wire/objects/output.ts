/** Memory that is written from front to back, and what every kind of value is made of: sizes, numbers, strings. */
import { notEncodable } from '../../errors.ts';
import { segmentsOf, type View } from '../memory.ts';
import { bigIntBytes, isLatin1 } from '../scalars.ts';
import { copySegments } from '../segments.ts';
import { LONG_SIZE, LONGEST_SHORT_STRING, Tag } from './tags.ts';

/** Results are cut from pieces of this size, one after the other: a fresh one for each would cost more than to write it. */
const CHUNK_BYTES = 16 * 1024;
/** A piece that has grown beyond it is not kept. */
const MAX_KEPT_BYTES = 1024 * 1024;
/** From here on the ways of Buffer are faster than a loop over characters. */
const NATIVE_LENGTH = 24;

const NO_CHUNK = Buffer.alloc(0);

export class Output {
  protected bytes = NO_CHUNK;
  #view = new DataView(NO_CHUNK.buffer);
  #start = 0;
  protected position = 0;
  /** The public call, for messages. */
  protected op = '';

  /** What was written since the last time, in memory that nothing is written to any more. */
  protected take(): Uint8Array {
    const { buffer, byteOffset } = this.#view;
    const taken = new Uint8Array(buffer, byteOffset + this.#start, this.position - this.#start);
    if (this.bytes.byteLength > MAX_KEPT_BYTES) this.#use(NO_CHUNK);
    this.#start = this.position;
    return taken;
  }

  /** Forgets what was written since the last time. */
  protected drop(): void {
    this.position = this.#start;
  }

  /** Room for so many bytes from `position` on. */
  protected reserve(count: number): void {
    if (this.position + count > this.bytes.byteLength) this.#grow(count);
  }

  #grow(count: number): void {
    const written = this.bytes.subarray(this.#start, this.position);
    const needed = written.byteLength + count;
    const chunk = this.#allocate(needed <= CHUNK_BYTES / 2 ? CHUNK_BYTES : needed * 2);
    chunk.set(written);
    this.#use(chunk);
    this.position = written.byteLength;
  }

  #allocate(bytes: number): typeof NO_CHUNK {
    try {
      return Buffer.allocUnsafeSlow(bytes);
    } catch (cause) {
      throw notEncodable(this.op, cause);
    }
  }

  #use(chunk: typeof NO_CHUNK): void {
    this.bytes = chunk;
    this.#view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#start = this.position = 0;
  }

  protected tag(tag: number): void {
    this.reserve(1);
    this.bytes[this.position++] = tag;
  }

  protected size(size: number): void {
    this.reserve(5);
    if (size < LONG_SIZE) {
      this.bytes[this.position++] = size;
    } else {
      this.bytes[this.position++] = LONG_SIZE;
      this.#view.setUint32(this.position, size, true);
      this.position += 4;
    }
  }

  protected float64(value: number): void {
    this.reserve(8);
    this.#view.setFloat64(this.position, value, true);
    this.position += 8;
  }

  protected number(value: number): void {
    this.reserve(9);
    if ((value | 0) !== value || Object.is(value, -0)) {
      this.bytes[this.position] = Tag.FLOAT64;
      this.#view.setFloat64(this.position + 1, value, true);
      this.position += 9;
    } else if (value >= 0 && value < 0x80) {
      this.bytes[this.position++] = value;
    } else {
      this.bytes[this.position] = Tag.INT32;
      this.#view.setInt32(this.position + 1, value, true);
      this.position += 5;
    }
  }

  /** HOT (bench: objects). */
  protected numbers(array: readonly number[]): void {
    const { length } = array;
    this.tag(Tag.NUMBERS);
    this.size(length);
    this.reserve(length * 8);
    const view = this.#view;
    let at = this.position;
    for (let i = 0; i < length; i++, at += 8) view.setFloat64(at, array[i]!, true);
    this.position = at;
  }

  /** HOT (bench: objects). */
  protected string(text: string): void {
    const { length } = text;
    if (length < NATIVE_LENGTH) {
      this.reserve(length + 1);
      const bytes = this.bytes;
      const start = this.position + 1;
      let all = 0;
      for (let i = 0; i < length; i++) {
        const code = text.charCodeAt(i);
        bytes[start + i] = code;
        all |= code;
      }
      if (all <= 0xff) {
        bytes[start - 1] = Tag.SHORT_STRING + length;
        this.position = start + length;
        return;
      }
    } else if (isLatin1(text)) {
      if (length <= LONGEST_SHORT_STRING) {
        this.tag(Tag.SHORT_STRING + length);
      } else {
        this.tag(Tag.LATIN1);
        this.size(length);
      }
      this.reserve(length);
      this.position += this.bytes.write(text, this.position, length, 'latin1');
      return;
    }
    this.tag(Tag.UTF16);
    this.size(length);
    this.reserve(length * 2);
    this.position += this.bytes.write(text, this.position, length * 2, 'utf16le');
  }

  protected bigint(value: bigint): void {
    const bytes = bigIntBytes(value);
    this.tag(Tag.BIGINT);
    this.size(bytes.byteLength);
    this.raw(bytes);
  }

  protected raw(view: View): void {
    this.reserve(view.byteLength);
    const end = this.position + view.byteLength;
    copySegments(segmentsOf(view), [this.bytes.subarray(this.position, end)]);
    this.position = end;
  }
}
