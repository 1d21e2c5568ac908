/**
 * A packet's head, checked: what its payload consists of. Whatever is allocated or read for a message follows its plan.
 */
import { constants } from 'node:buffer';
import { dtypeUnknown, protocol } from '../errors.ts';
import { AREA_HEAD_BYTES } from './columns.ts';
import { constructorOf, DType, dtypeName } from './dtype.ts';
import { Format, MAX_DIMENSIONS } from './format.ts';
import { MAX_LARGE_PIECES } from './nodes.ts';
import type { PacketHead } from './packet.ts';
import { fits, isRaw } from './raw.ts';
import { BIGINT_BYTES, MAX_BIGINT_BYTES, NUMBER_BYTES } from './scalars.ts';
import { readSizes } from './sizes.ts';

export interface Plan {
  readonly format: number;
  readonly dtype: number;
  readonly bytes: number;
  /** Of an ndarray. */
  readonly shape: readonly number[] | undefined;
  /** Of a graph: bytes of the node table, of the inline area, and of each large piece. */
  readonly sizes: readonly number[] | undefined;
}

/** Checks that a head is one that the encoder writes; throws ERR_PROTOCOL. HOT (bench: latency). */
export function planOf({ format, dtype, meta, bytes }: PacketHead): Plan {
  if (!(Number.isSafeInteger(bytes) && bytes >= 0)) throw malformed(format);
  const hasMeta = format === Format.NDARRAY || format === Format.GRAPH;
  if (!hasMeta && meta.byteLength > 0) throw malformed(format);
  const numbers = hasMeta ? readSizes(meta) : undefined;
  if (hasMeta && numbers === undefined) throw malformed(format);
  const isGraph = format === Format.GRAPH;
  const plan: Plan = {
    format,
    dtype,
    bytes,
    shape: isGraph ? undefined : numbers,
    sizes: isGraph ? numbers : undefined,
  };
  if (!isSound(plan)) throw malformed(format);
  return plan;
}

function isSound({ format, dtype, bytes, shape, sizes }: Plan): boolean {
  if (isRaw(format))
    return (shape === undefined || shape.length <= MAX_DIMENSIONS) && fits(format, dtype, shape, bytes);
  if (format === Format.NUMBER) return bytes === NUMBER_BYTES && dtype === DType.FLOAT64;
  if (dtype !== 0) return false;
  switch (format) {
    case Format.UNDEFINED:
    case Format.NULL:
    case Format.FALSE:
    case Format.TRUE:
      return bytes === 0;
    case Format.BIGINT:
      return bytes >= BIGINT_BYTES && bytes <= MAX_BIGINT_BYTES;
    case Format.STRING:
      return bytes <= constants.MAX_STRING_LENGTH;
    case Format.STRING16:
      return bytes % 2 === 0 && bytes / 2 <= constants.MAX_STRING_LENGTH;
    case Format.PLAIN:
      return bytes > 0 && bytes <= constants.MAX_LENGTH;
    case Format.COLUMNS:
      return bytes > AREA_HEAD_BYTES && bytes <= constants.MAX_LENGTH;
    case Format.GRAPH:
      return sizes !== undefined && isSegmentTable(sizes, bytes);
    default:
      return false;
  }
}

function isSegmentTable(sizes: readonly number[], bytes: number): boolean {
  const [table = 0] = sizes;
  if (sizes.length < 2 || sizes.length > MAX_LARGE_PIECES + 2 || table === 0 || table > constants.MAX_LENGTH)
    return false;
  // Each of them is at most `bytes` when the sum is: no overflow can hide.
  return sizes.reduce((sum, size) => sum + size, 0) === bytes;
}

/** Throws ERR_TYPE if this version of Node.js has no arrays of the message's dtype. */
export function checkKnown({ format, dtype }: Plan, op: string): void {
  if (isRaw(format) && constructorOf(dtype) === undefined) throw dtypeUnknown(op, dtypeName(dtype));
}

const NAMES: Readonly<Record<number, string>> = {
  [Format.UNDEFINED]: 'undefined',
  [Format.NULL]: 'null',
  [Format.FALSE]: 'false',
  [Format.TRUE]: 'true',
  [Format.NUMBER]: 'a number',
  [Format.BIGINT]: 'a bigint',
  [Format.STRING]: 'a string',
  [Format.STRING16]: 'a string',
  [Format.ARRAY_BUFFER]: 'an ArrayBuffer',
  [Format.DATA_VIEW]: 'a DataView',
  [Format.BUFFER]: 'a Buffer',
  [Format.PLAIN]: 'an object',
  [Format.GRAPH]: 'an object',
  [Format.COLUMNS]: 'an object',
};

/** What a message is, for people: `an ndarray of Float32Array`. */
export function describe({ format, dtype }: Plan): string {
  if (format === Format.TYPED_ARRAY) return article(dtypeName(dtype));
  if (format === Format.NDARRAY) return `an ndarray over ${article(dtypeName(dtype))}`;
  return NAMES[format] ?? 'no value';
}

export function article(noun: string): string {
  return `${/^[AEIO]/.test(noun) ? 'an' : 'a'} ${noun}`;
}

function malformed(format: number): ReturnType<typeof protocol> {
  return protocol(`a malformed message (format ${format})`);
}
