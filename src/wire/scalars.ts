/** Values that are no objects: small fixed encodings. */
import { notEncodable } from '../errors.ts';
import { asBuffer } from './memory.ts';

export const NUMBER_BYTES = 8;
/** The shortest bigint. */
export const BIGINT_BYTES = 8;
/** The longest that JavaScript has: 2^30 bits and a sign. */
export const MAX_BIGINT_BYTES = 2 ** 27 + 1;

/** HOT (bench: latency). */
export function numberBytes(value: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(NUMBER_BYTES);
  bytes.writeDoubleLE(value);
  return bytes;
}

/** HOT (bench: latency). */
export function numberOf(bytes: Uint8Array): number {
  return Buffer.prototype.readDoubleLE.call(bytes);
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
  const digits = asBuffer(bytes).toString('hex');
  return BigInt.asIntN(bytes.byteLength * 8, BigInt(`0x${digits}`));
}

/** Whether one byte is enough for each character. HOT (bench: objects): looks at no character of most strings that are. */
export function isLatin1(text: string): boolean {
  // V8 keeps such strings as bytes, and knows then that the class can't match.
  return !/[\u0100-\uffff]/.test(text);
}

/** One byte a character: for Latin-1. */
export function latin1Bytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

export function utf16Bytes(text: string, op: string): Uint8Array {
  try {
    return Buffer.from(text, 'utf16le');
  } catch (cause) {
    throw notEncodable(op, cause);
  }
}

export function latin1Text(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('latin1');
}

export function utf16Text(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('utf16le');
}
