/** Bytes that are read from front to back: sizes, numbers, strings. Whatever they say is checked against what there is. */
import { protocol } from '../../errors.ts';
import { asBuffer } from '../memory.ts';
import { bigIntOf, MAX_BIGINT_BYTES } from '../scalars.ts';
import { LONG_SIZE, LONGEST_SHORT_STRING, Tag } from './tags.ts';

/** Strings up to here cost less character by character than a call of Buffer. */
const MAX_LOOPED = 8;

/** Names of properties that were read before, at the places that their bytes give them. */
const KNOWN_NAMES = 512;

/** Arrays that V8 makes dense when their length is known before. */
const MAX_PREPARED = 2 ** 24;

const NO_BYTES: Buffer = Buffer.alloc(0);

export class Input {
  #bytes = NO_BYTES;
  #position = 0;
  readonly #names: string[] = new Array<string>(KNOWN_NAMES).fill('');
  readonly #double = new Float64Array(1);
  readonly #word = new Uint8Array(this.#double.buffer);

  protected open(bytes: Uint8Array): void {
    this.#bytes = asBuffer(bytes);
    this.#position = 0;
  }

  protected close(): void {
    this.#bytes = NO_BYTES;
  }

  protected get left(): number {
    return this.#bytes.byteLength - this.#position;
  }

  protected byte(): number {
    const byte = this.#bytes[this.#position++];
    if (byte === undefined) throw malformed('end');
    return byte;
  }

  /** The next one, which stays; undefined at the end. */
  protected peek(): number | undefined {
    return this.#bytes[this.#position];
  }

  protected size(): number {
    const size = this.byte();
    return size === LONG_SIZE ? this.#uint32() >>> 0 : size;
  }

  /** A number of things that take a byte each at least: no more than there are. */
  protected count(): number {
    const count = this.size();
    if (count > this.left) throw malformed('length');
    return count;
  }

  protected int32(): number {
    return this.#uint32() | 0;
  }

  #uint32(): number {
    return this.byte() | (this.byte() << 8) | (this.byte() << 16) | (this.byte() << 24);
  }

  protected float64(): number {
    const at = this.#take(8);
    const bytes = this.#bytes;
    const word = this.#word;
    for (let i = 0; i < 8; i++) word[i] = bytes[at + i]!;
    return this.#double[0]!;
  }

  /** HOT (bench: objects). */
  protected numbers(): number[] {
    const count = this.count();
    const { buffer, byteOffset } = this.#bytes;
    const view = new DataView(buffer, byteOffset + this.#take(count * 8), count * 8);
    // Made for fractions from the start: V8 would convert it at the first one. Beyond its bound it would make a hash table.
    const array: number[] = count <= MAX_PREPARED ? new Array<number>(count).fill(0.5) : [];
    for (let i = 0; i < count; i++) array[i] = view.getFloat64(i * 8, true);
    return array;
  }

  /** A string of Latin-1 characters. HOT (bench: objects). */
  protected latin1(length: number): string {
    const at = this.#take(length);
    const bytes = this.#bytes;
    if (length > MAX_LOOPED) return bytes.toString('latin1', at, at + length);
    return shortText(bytes, at, length);
  }

  protected utf16(): string {
    const bytes = this.size() * 2;
    const at = this.#take(bytes);
    return this.#bytes.toString('utf16le', at, at + bytes);
  }

  protected bigint(): bigint {
    const length = this.size();
    if (length === 0 || length > MAX_BIGINT_BYTES) throw malformed('bigint');
    return bigIntOf(this.bytes(length));
  }

  /** The name of a property: most have been read before. HOT (bench: objects). */
  protected name(): string {
    const tag = this.byte();
    if (tag === Tag.LATIN1) return this.latin1(this.size());
    if (tag === Tag.UTF16) return this.utf16();
    const length = tag - Tag.SHORT_STRING;
    if (length < 0 || length > LONGEST_SHORT_STRING) throw malformed('name');
    const bytes = this.#bytes;
    const at = this.#position;
    const hash = (length * 31 + (bytes[at] ?? 0)) * 31 + (bytes[at + length - 1] ?? 0);
    const place = hash & (KNOWN_NAMES - 1);
    const known = this.#names[place]!;
    if (known.length === length && isAt(known, bytes, at)) {
      this.#position = at + length;
      return known;
    }
    return (this.#names[place] = this.latin1(length));
  }

  protected bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** The place of the next so many bytes. */
  #take(length: number): number {
    const at = this.#position;
    if (length > this.#bytes.byteLength - at) throw malformed('length');
    this.#position = at + length;
    return at;
  }
}

/** Without a call of Buffer, which takes as long as a dozen characters. HOT (bench: objects). */
function shortText(bytes: Uint8Array, at: number, length: number): string {
  const text = String.fromCharCode;
  switch (length) {
    case 0:
      return '';
    case 1:
      return text(bytes[at]!);
    case 2:
      return text(bytes[at]!, bytes[at + 1]!);
    case 3:
      return text(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!);
    case 4:
      return text(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!);
    case 5:
      return text(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!, bytes[at + 4]!);
    case 6:
      return text(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!, bytes[at + 4]!, bytes[at + 5]!);
    case 7:
      return text(
        bytes[at]!,
        bytes[at + 1]!,
        bytes[at + 2]!,
        bytes[at + 3]!,
        bytes[at + 4]!,
        bytes[at + 5]!,
        bytes[at + 6]!,
      );
    default:
      return text(
        bytes[at]!,
        bytes[at + 1]!,
        bytes[at + 2]!,
        bytes[at + 3]!,
        bytes[at + 4]!,
        bytes[at + 5]!,
        bytes[at + 6]!,
        bytes[at + 7]!,
      );
  }
}

function isAt(text: string, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[at + i]) return false;
  return true;
}

export function malformed(what: string): ReturnType<typeof protocol> {
  return protocol(`an object with a malformed ${what}`);
}
