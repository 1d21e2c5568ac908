/**
 * The head of a NumPy file: `\x93NUMPY`, two bytes of version, the length of the header (2 bytes in format 1.0, 4 in 2.0
 * and 3.0), then the header itself, a Python dictionary such as `{'descr': '<i2', 'fortran_order': False, 'shape': (3, 4), }`
 * in Latin-1 (UTF-8 from 3.0 on). The elements follow at once.
 */
import { type PythonLiteral, parsePythonLiteral } from './python-literal.ts';

/** A file that is no NumPy file, or one that this reader does not read. The message names the file. */
export class NpyError extends Error {
  override readonly name = 'NpyError';
}

/** Plain data: a rank that has read it can send it to the others. */
export interface NpyHeader {
  /** NumPy's name of the dtype: `int16`. */
  readonly dtype: string;
  readonly kind: 'bool' | 'int' | 'uint' | 'float';
  readonly itemBytes: number;
  readonly littleEndian: boolean;
  readonly shape: readonly number[];
  /** Elements in all: the product of the shape. */
  readonly length: number;
  /** Where in the file the first element begins. */
  readonly dataOffset: number;
}

/** Magic, version and the longer of the two length fields. */
export const PREAMBLE_BYTES = 12;
/** No array of numbers needs more; a longer header is a mistake or an attack. */
export const MAX_HEADER_BYTES = 65_536;

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
const KINDS = { b: 'bool', i: 'int', u: 'uint', f: 'float' } as const;
const BYTES: Record<string, readonly number[]> = { b: [1], i: [1, 2, 4, 8], u: [1, 2, 4, 8], f: [2, 4, 8] };
const REFUSED: Record<string, string> = {
  c: 'complex numbers',
  O: 'Python objects',
  S: 'byte strings',
  a: 'byte strings',
  U: 'strings',
  V: 'raw records',
  M: 'dates',
  m: 'time spans',
};

/** Where the header's text stands, by the first {@link PREAMBLE_BYTES} bytes of the file (fewer if it has no more). */
export function npyHeaderRange(
  file: string,
  start: Uint8Array,
): { start: number; end: number; encoding: BufferEncoding } {
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.byteLength);
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new NpyError(`${file} ${foreign(bytes)}`);
  const [major, minor] = [bytes[6], bytes[7]];
  if (major === undefined || minor === undefined) throw truncated(file, 'its version');
  if (![1, 2, 3].includes(major) || minor !== 0) {
    throw new NpyError(`${file} has NumPy format ${major}.${minor}; this reader knows 1.0, 2.0 and 3.0`);
  }
  const from = major === 1 ? 10 : 12;
  if (bytes.length < from) throw truncated(file, 'the length of its header');
  const length = major === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  if (length > MAX_HEADER_BYTES) {
    throw new NpyError(`${file} announces a header of ${length} bytes; this reader accepts ${MAX_HEADER_BYTES}`);
  }
  return { start: from, end: from + length, encoding: major === 3 ? 'utf8' : 'latin1' };
}

/** What the header's text says. */
export function parseNpyHeader(file: string, text: string, dataOffset: number): NpyHeader {
  let fields: PythonLiteral;
  try {
    fields = parsePythonLiteral(text);
  } catch (cause) {
    throw new NpyError(`${file} has an unreadable header, ${(cause as Error).message}`, { cause });
  }
  if (!(fields instanceof Map)) throw new NpyError(`${file} has a header that is no dictionary: ${text.slice(0, 60)}`);
  const [shape, length] = shapeOf(file, fields.get('shape'));
  if (typeof fields.get('fortran_order') !== 'boolean') {
    throw new NpyError(`${file} has a header without fortran_order: True or False`);
  }
  if (fields.get('fortran_order') === true && shape.length > 1) {
    throw new NpyError(
      `${file} is in Fortran order (columns first); save it in C order: np.save(file, np.ascontiguousarray(a))`,
    );
  }
  const dtype = dtypeOf(file, fields.get('descr'));
  if (!Number.isSafeInteger(dataOffset + length * dtype.itemBytes)) {
    throw new NpyError(`${file} claims the impossible shape (${shape.join(', ')}) of ${dtype.dtype}`);
  }
  return { ...dtype, shape, length, dataOffset };
}

function dtypeOf(file: string, descr: PythonLiteral | undefined) {
  if (Array.isArray(descr))
    throw refused(file, 'records with named fields', 'save one field: np.save(file, a["name"])');
  if (typeof descr !== 'string') throw new NpyError(`${file} has a header without a dtype (descr)`);
  const [, order = '', letter = '', size = ''] = /^([<>=|]?)([a-zA-Z?])(\d*)/.exec(descr) ?? [];
  const kind = KINDS[letter as keyof typeof KINDS];
  const itemBytes = Number(size);
  if (`${order}${letter}${size}` !== descr || !kind || !BYTES[letter]!.includes(itemBytes)) {
    const what = `${REFUSED[letter] ?? 'elements'} of dtype '${descr}'`;
    throw refused(
      file,
      what,
      'convert it first: a.astype(np.float64), or any bool, int, uint or float of 1 to 8 bytes',
    );
  }
  const littleEndian = order === '<' || (order !== '>' && NATIVE_LITTLE_ENDIAN);
  return { dtype: kind === 'bool' ? 'bool' : `${kind}${8 * itemBytes}`, kind, itemBytes, littleEndian };
}

function shapeOf(file: string, shape: PythonLiteral | undefined): [shape: number[], length: number] {
  if (!Array.isArray(shape)) throw new NpyError(`${file} has a header without a shape`);
  for (const extent of shape) {
    if (typeof extent !== 'number' || extent < 0) {
      throw new NpyError(`${file} has the shape (${shape.join(', ')}); expected whole numbers from 0 on`);
    }
  }
  const extents = shape as number[];
  return [extents, extents.includes(0) ? 0 : extents.reduce((product, extent) => product * extent, 1)];
}

/** The byte order of this machine, which `=` and `|` stand for. */
export const NATIVE_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

export function truncated(file: string, missing: string): NpyError {
  return new NpyError(`${file} is cut short: it ends before ${missing}`);
}

function refused(file: string, what: string, advice: string): NpyError {
  return new NpyError(`${file} holds ${what}, which this reader does not read; ${advice}`);
}

function foreign(start: Buffer): string {
  if (start.length === 0) return 'is empty; expected a NumPy file (.npy)';
  if (start.subarray(0, 4).equals(Buffer.from('PK\x03\x04'))) {
    return 'is a zip archive (.npz?); expected a single array: np.save(file, archive["name"])';
  }
  const shown = JSON.stringify(start.subarray(0, MAGIC.length).toString('latin1'));
  return `is no NumPy file: it begins with ${shown}, not with "\\x93NUMPY"`;
}
