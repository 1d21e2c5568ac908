/** Values that are no objects: small fixed encodings. */
import { constants } from 'node:buffer';
import { notEncodable } from '../errors.ts';
import { isWellFormed } from './plain.ts';

export const NUMBER_BYTES = 8;
/** The shortest bigint. */
export const BIGINT_BYTES = 8;
/** The longest that JavaScript has: 2^30 bits and a sign. */
export const MAX_BIGINT_BYTES = 2 ** 27 + 1;
/** Strings can't be decoded from more UTF-8 than this, however short they are then. */
const MAX_UTF8_BYTES = constants.MAX_STRING_LENGTH;

/** HOT (bench: latency). */
export function numberBytes(value: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(NUMBER_BYTES);
  bytes.writeDoubleLE(value);
  return bytes;
}

/** HOT (bench: latency). */
export function numberOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, NUMBER_BYTES).getFloat64(0, true);
}

/** Two's complement, big-endian. */
export function bigIntBytes(value: bigint): Uint8Array {
  if (BigInt.asIntN(64, value) === value) {
    const bytes = Buffer.allocUnsafe(BIGINT_BYTES);
    bytes.writeBigInt64BE(value);
    return bytes;
  }
  // One bit more than the magnitude has, for the sign.
  const digits = (value < 0n ? ~value : value).toString(16).length;
  const length = (digits >> 1) + 1;
  return Buffer.from(
    BigInt.asUintN(length * 8, value)
      .toString(16)
      .padStart(length * 2, '0'),
    'hex',
  );
}

export function bigIntOf(bytes: Uint8Array): bigint {
  const digits = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
  return BigInt.asIntN(bytes.byteLength * 8, BigInt(`0x${digits}`));
}

/** UTF-8, or null for a string that only UTF-16 can carry. */
export function utf8Bytes(text: string): Uint8Array | null {
  // A string of few characters can't be too long in bytes.
  if (!isWellFormed(text) || (text.length > MAX_UTF8_BYTES / 3 && Buffer.byteLength(text) > MAX_UTF8_BYTES))
    return null;
  return Buffer.from(text, 'utf8');
}

export function utf16Bytes(text: string, op: string): Uint8Array {
  try {
    return Buffer.from(text, 'utf16le');
  } catch (cause) {
    throw notEncodable(op, cause);
  }
}

export function utf8Text({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('utf8');
}

export function utf16Text({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('utf16le');
}
