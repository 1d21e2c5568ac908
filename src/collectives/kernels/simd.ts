/**
 * Reduction loops as WebAssembly, with 16 bytes of elements in each instruction.
 *
 * WebAssembly sees its own memory only, so both operands are copied in, a block at a time, and the result out. In the caches
 * that is far cheaper than a loop of JavaScript, which takes the elements one by one.
 */
import { constructorOf, DType, type TypedArray, type TypedArrayConstructor } from '../../wire/dtype.ts';
import { OpCode } from '../ops.ts';
import type { Combine } from './reducer.ts';

/** Of each operand. Both fit the second level of cache everywhere. */
const BLOCK_BYTES = 64 * 1024;
const PAGES = 2;
/** For fewer elements the copies cost more than they save. */
const FEWEST = 128;
const VECTOR_BYTES = 16;
const UNROLLED = 4;

const { INT8, UINT8, UINT8_CLAMPED, INT16, UINT16, INT32, UINT32, FLOAT32, FLOAT64, BIGINT64, BIGUINT64 } = DType;

/** WebAssembly core specification 2.0, 5.4.8: vector instructions by operator and dtype. They wrap, saturate and round as stores into typed arrays do. */
const INSTRUCTIONS: Readonly<Record<number, Readonly<Record<number, number>>>> = {
  [OpCode.SUM]: {
    [INT8]: 0x6e,
    [UINT8]: 0x6e,
    [UINT8_CLAMPED]: 0x70,
    [INT16]: 0x8e,
    [UINT16]: 0x8e,
    [INT32]: 0xae,
    [UINT32]: 0xae,
    [BIGINT64]: 0xce,
    [BIGUINT64]: 0xce,
    [FLOAT32]: 0xe4,
    [FLOAT64]: 0xf0,
  },
  [OpCode.PROD]: {
    [INT16]: 0x95,
    [UINT16]: 0x95,
    [INT32]: 0xb5,
    [UINT32]: 0xb5,
    [BIGINT64]: 0xd5,
    [BIGUINT64]: 0xd5,
    [FLOAT32]: 0xe6,
    [FLOAT64]: 0xf2,
  },
  [OpCode.MIN]: {
    [INT8]: 0x76,
    [UINT8]: 0x77,
    [UINT8_CLAMPED]: 0x77,
    [INT16]: 0x96,
    [UINT16]: 0x97,
    [INT32]: 0xb6,
    [UINT32]: 0xb7,
    [FLOAT32]: 0xe8,
    [FLOAT64]: 0xf4,
  },
  [OpCode.MAX]: {
    [INT8]: 0x78,
    [UINT8]: 0x79,
    [UINT8_CLAMPED]: 0x79,
    [INT16]: 0x98,
    [UINT16]: 0x99,
    [INT32]: 0xb8,
    [UINT32]: 0xb9,
    [FLOAT32]: 0xe9,
    [FLOAT64]: 0xf5,
  },
};
const BITS: Readonly<Record<number, number>> = { [OpCode.BAND]: 0x4e, [OpCode.BOR]: 0x50, [OpCode.BXOR]: 0x51 };

function instructionFor(op: number, dtype: number): number | undefined {
  const isFloat = dtype === FLOAT32 || dtype === FLOAT64 || dtype === DType.FLOAT16;
  return isFloat ? INSTRUCTIONS[op]?.[dtype] : (BITS[op] ?? INSTRUCTIONS[op]?.[dtype]);
}

interface Memory {
  readonly buffer: ArrayBuffer;
}

/** The part of it that is used here: the project's types are those of Node.js, which have none. */
interface WebAssembly {
  readonly Memory: new (pages: { initial: number; maximum: number }) => Memory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { tsmpi: { memory: Memory } },
  ) => { readonly exports: { readonly combine: Vectors } };
}

/** Undefined under `node --jitless`. */
const wasm = (globalThis as { WebAssembly?: WebAssembly }).WebAssembly;

/** Combines so many bytes of the two blocks, in the place of the first. */
type Vectors = (bytes: number) => void;

/** The blocks of all loops, for the length of a call. */
let memory: Memory | undefined;

/**
 * The loop of an operator over long arrays of a dtype, which leaves short ones to `short`; undefined where WebAssembly has no instruction
 * for it. The results are the same, bit for bit, but for the payload of a NaN.
 */
export function vectorLoop(op: number, dtype: number, short: Combine): Combine | undefined {
  const instruction = instructionFor(op, dtype);
  if (instruction === undefined) return undefined;
  let long: Combine | undefined;
  return (left, right, into) => {
    if (into.length < FEWEST) return short(left, right, into);
    long ??= vectorsFor(instruction, dtype) ?? short;
    long(left, right, into);
  };
}

/** Undefined where there is no WebAssembly, no vector unit, or no room: V8 reserves gigabytes of addresses for a memory. */
function vectorsFor(instruction: number, dtype: number): Combine | undefined {
  const Elements = constructorOf(dtype);
  if (wasm === undefined || Elements === undefined) return undefined;
  try {
    memory ??= new wasm.Memory({ initial: PAGES, maximum: PAGES });
    const { combine } = new wasm.Instance(new wasm.Module(moduleOf(instruction)), { tsmpi: { memory } }).exports;
    return blockwise(combine, Elements, memory.buffer);
  } catch {
    return undefined;
  }
}

function blockwise(combine: Vectors, Elements: TypedArrayConstructor, buffer: ArrayBuffer): Combine {
  const size = Elements.BYTES_PER_ELEMENT;
  const count = BLOCK_BYTES / size;
  const first = new Elements(buffer, 0, count) as Uint8Array;
  const second = new Elements(buffer, BLOCK_BYTES, count) as Uint8Array;
  return (left, right, into) => {
    const { length } = into;
    for (let start = 0; start < length; start += count) {
      const end = Math.min(length, start + count);
      first.set(part(left, start, end));
      second.set(part(right, start, end));
      combine((end - start) * size);
      (into as Uint8Array).set(part(first, 0, end - start), start);
    }
  };
}

function part(array: TypedArray, start: number, end: number): Uint8Array {
  return (end - start === array.length ? array : array.subarray(start, end)) as Uint8Array;
}

const I32 = 0x7f;
const END = 0x0b;

/**
 * A module with the one function `combine(bytes)`:
 *
 *     do { first[at] = instruction(first[at], second[at]); at += 16 } while (at < bytes)
 *
 * several times in each round, so up to three vectors too many: their results are not copied out.
 */
function moduleOf(instruction: number): Uint8Array<ArrayBuffer> {
  const at = [0x20, 1]; // local.get at
  const access = (code: number, offset: number) => [0xfd, code, 4, ...leb128(offset)]; // v128.load and .store, aligned to 16
  const round: number[] = [];
  for (let offset = 0; offset < UNROLLED * VECTOR_BYTES; offset += VECTOR_BYTES) {
    round.push(...at, ...at, ...access(0, offset), ...at, ...access(0, BLOCK_BYTES + offset));
    round.push(0xfd, ...leb128(instruction), ...access(11, offset));
  }
  // at += step, and again while it is below bytes (i32.const, i32.add, local.tee, local.get, i32.lt_u, br_if)
  const next = [...at, 0x41, ...leb128(UNROLLED * VECTOR_BYTES), 0x6a, 0x22, 1, 0x20, 0, 0x49, 0x0d, 0];
  const code = [1, 1, I32, 0x03, 0x40, ...round, ...next, END, END];
  return Uint8Array.of(
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [0x60, 1, I32, 0]),
    ...section(2, [...name('tsmpi'), ...name('memory'), 2, 1, PAGES, PAGES]),
    ...section(3, [0]),
    ...section(7, [...name('combine'), 0, 0]),
    ...section(10, [...leb128(code.length), ...code]),
  );
}

/** A section of one item. */
function section(id: number, item: readonly number[]): number[] {
  return [id, ...leb128(item.length + 1), 1, ...item];
}

function name(text: string): number[] {
  return [text.length, ...Buffer.from(text)];
}

/** Numbers in 7 bits a byte; none here has bit 6 set in its last one, so they are the same signed and unsigned. */
function leb128(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 0x40; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}
