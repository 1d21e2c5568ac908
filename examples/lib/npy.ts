/**
 * Reads NumPy files (.npy, formats 1.0 to 3.0) of numbers in C order: the header, and then any slice of the elements
 * without the rest of the file, which is what lets every rank of a job read its own part.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import {
  NATIVE_LITTLE_ENDIAN,
  NpyError,
  type NpyHeader,
  npyHeaderRange,
  PREAMBLE_BYTES,
  parseNpyHeader,
  truncated,
} from './npy-header.ts';

export { NpyError, type NpyHeader } from './npy-header.ts';

/** Halves (float16) arrive as Float32Array, booleans as 0 and 1. */
export type NpyArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** One read; a multiple of every element size, and what a single system call takes. */
const PIECE_BYTES = 2 ** 30;

/**
 * Reads and checks the header, and that the file is exactly as long as it says.
 * @throws NpyError for what is no such file.
 */
export async function readNpyHeader(file: string): Promise<NpyHeader> {
  await using handle = await openFile(file);
  const { size } = await handle.stat();
  const range = npyHeaderRange(file, await read(handle, new Uint8Array(Math.min(PREAMBLE_BYTES, size)), 0));
  if (range.end > size) throw truncated(file, 'the end of its header');
  const text = await read(handle, Buffer.alloc(range.end - range.start), range.start);
  const header = parseNpyHeader(file, text.toString(range.encoding), range.end);

  const expected = header.length * header.itemBytes;
  const actual = size - header.dataOffset;
  if (actual !== expected) {
    const shape = `(${header.shape.join(', ')})`;
    const claim = `its header promises ${expected} bytes of data, shape ${shape} of ${header.dtype}`;
    throw new NpyError(`${file} is ${actual < expected ? 'cut short' : 'too long'}: ${claim}, and ${actual} are there`);
  }
  return header;
}

/**
 * Reads the elements `[start, end)`, counted in C order, and nothing else.
 * @throws RangeError outside the array; NpyError if the file has shrunk since its header was read.
 */
export async function readNpySlice(file: string, header: NpyHeader, start = 0, end = header.length): Promise<NpyArray> {
  if (!(0 <= start && start <= end && end <= header.length)) {
    throw new RangeError(`elements ${start} to ${end} of ${file} asked for; it has ${header.length}`);
  }
  await using handle = await openFile(file);
  const { itemBytes, dataOffset } = header;
  const elements = new ArrayBuffer((end - start) * itemBytes);
  for (let at = 0; at < elements.byteLength; at += PIECE_BYTES) {
    const piece = Buffer.from(elements, at, Math.min(PIECE_BYTES, elements.byteLength - at));
    const { length } = await read(handle, piece, dataOffset + start * itemBytes + at);
    if (length < piece.length) throw truncated(file, `element ${end - 1}`);
    if (header.littleEndian !== NATIVE_LITTLE_ENDIAN) swap(piece, itemBytes);
  }
  return arrayOf(header, elements);
}

async function openFile(file: string): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK); // a pipe must not make us wait for its writer
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = { ENOENT: 'there is no such file', EACCES: 'permission denied', EISDIR: 'it is a directory' }[
      code ?? ''
    ];
    throw new NpyError(`${file} cannot be read: ${why ?? (cause as Error).message}`, { cause });
  }
  const stat = await handle.stat();
  if (stat.isFile()) return handle;
  await handle.close();
  throw new NpyError(
    `${file} is ${stat.isDirectory() ? 'a directory' : 'no regular file'}; expected a NumPy file (.npy)`,
  );
}

/** Fills `into` from `position` on; what comes back is shorter only where the file ends. */
async function read<T extends Uint8Array>(handle: FileHandle, into: T, position: number): Promise<T> {
  let filled = 0;
  while (filled < into.length) {
    const { bytesRead } = await handle.read(into, filled, into.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return into.subarray(0, filled) as T;
}

function swap(bytes: Buffer, itemBytes: number): void {
  if (itemBytes === 2) bytes.swap16();
  else if (itemBytes === 4) bytes.swap32();
  else if (itemBytes === 8) bytes.swap64();
}

function arrayOf({ kind, itemBytes }: NpyHeader, elements: ArrayBuffer): NpyArray {
  switch (`${kind}${8 * itemBytes}`) {
    case 'int8':
      return new Int8Array(elements);
    case 'int16':
      return new Int16Array(elements);
    case 'int32':
      return new Int32Array(elements);
    case 'int64':
      return new BigInt64Array(elements);
    case 'uint16':
      return new Uint16Array(elements);
    case 'uint32':
      return new Uint32Array(elements);
    case 'uint64':
      return new BigUint64Array(elements);
    case 'float16':
      return Float32Array.from(new Uint16Array(elements), halfToNumber);
    case 'float32':
      return new Float32Array(elements);
    case 'float64':
      return new Float64Array(elements);
    default: // bool8 and uint8
      return new Uint8Array(elements);
  }
}

/** IEEE 754 binary16: one sign bit, five of exponent (biased by 15), ten of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
