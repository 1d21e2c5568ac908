import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMpiError } from '../../src/errors.ts';
import { bundle, unbundle } from '../../src/wire/bundle.ts';
import { DType } from '../../src/wire/dtype.ts';
import { Format } from '../../src/wire/format.ts';
import type { Packet, PacketHead } from '../../src/wire/packet.ts';
import { writeSizes } from '../../src/wire/sizes.ts';
import { adopt, decode, elementCount, encode, packetOf, receive } from '../../src/wire/value.ts';
import { headOf, hex, payloadOf, thrown } from './ways.ts';

const NONE = new Uint8Array(0);

function code(call: () => unknown): unknown {
  return thrown(call).code;
}

/** Any outcome is right but a foreign error. */
function survives(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    if (!isMpiError(error, 'ERR_PROTOCOL') && !isMpiError(error, 'ERR_TYPE')) throw error;
  }
}

describe('a head that no encoder writes', () => {
  const wrong: [string, Partial<PacketHead>][] = [
    ['no format', { format: 0 }],
    ['an unknown format', { format: 99 }],
    ['a bundle for a value', { format: Format.BUNDLE, bytes: 0 }],
    ['a payload where there is none', { format: Format.NULL, bytes: 1 }],
    ['meta data where there is none', { format: Format.STRING, meta: new Uint8Array(8) }],
    ['a dtype where there is none', { format: Format.STRING, dtype: 3 }],
    ['a number of 4 bytes', { format: Format.NUMBER, dtype: DType.FLOAT64, bytes: 4 }],
    ['a number of another dtype', { format: Format.NUMBER, dtype: DType.FLOAT32, bytes: 8 }],
    ['a bigint of no bytes', { format: Format.BIGINT, bytes: 0 }],
    ['a bigint larger than any', { format: Format.BIGINT, bytes: 2 ** 40 }],
    ['a string longer than any', { format: Format.STRING, bytes: 2 ** 40 }],
    ['half a UTF-16 unit', { format: Format.STRING16, bytes: 3 }],
    ['an object of no bytes', { format: Format.OBJECT, bytes: 0 }],
    ['an array without dtype', { format: Format.TYPED_ARRAY, bytes: 8 }],
    ['an array of an unknown dtype', { format: Format.TYPED_ARRAY, dtype: 200, bytes: 8 }],
    ['half an element', { format: Format.TYPED_ARRAY, dtype: DType.FLOAT64, bytes: 12 }],
    ['an array longer than any', { format: Format.TYPED_ARRAY, dtype: DType.INT8, bytes: 2 ** 53 - 1 }],
    ['a Buffer of floats', { format: Format.BUFFER, dtype: DType.FLOAT64, bytes: 8 }],
    ['a negative length', { format: Format.ARRAY_BUFFER, dtype: DType.UINT8, bytes: -1 }],
    ['a shape that is cut', { format: Format.NDARRAY, dtype: DType.INT8, bytes: 1, meta: new Uint8Array(7) }],
    ['a shape of another size', { format: Format.NDARRAY, dtype: DType.INT8, bytes: 5, meta: writeSizes([2, 3]) }],
    [
      'a shape that overflows',
      { format: Format.NDARRAY, dtype: DType.INT8, bytes: 0, meta: writeSizes([2 ** 52, 2 ** 52, 2 ** 52]) },
    ],
    [
      'too many dimensions',
      { format: Format.NDARRAY, dtype: DType.INT8, bytes: 1, meta: writeSizes(Array(65).fill(1)) },
    ],
    [
      'a shape that is no safe integer',
      { format: Format.NDARRAY, dtype: DType.INT8, bytes: 1, meta: new Uint8Array(8).fill(255) },
    ],
    ['an object of other sizes', { format: Format.OBJECT, bytes: 8, meta: writeSizes([4, 2, 1]) }],
    ['an object without a table', { format: Format.OBJECT, bytes: 8, meta: writeSizes([0, 8]) }],
    ['an object with sizes that are cut', { format: Format.OBJECT, bytes: 8, meta: new Uint8Array(7) }],
    ['an object of only a table', { format: Format.OBJECT, bytes: 8, meta: writeSizes([8]) }],
  ];

  it.each(wrong)('is ERR_PROTOCOL before memory is taken: %s', (_name, part) => {
    const head: PacketHead = { format: 0, dtype: 0, meta: NONE, bytes: 0, ...part };
    expect(code(() => receive(head, undefined, 'recv'))).toBe('ERR_PROTOCOL');
    expect(code(() => receive(head, new Float64Array(1), 'recv'))).toBe('ERR_PROTOCOL');
    expect(code(() => adopt(head, NONE, undefined, 'recv'))).toBe('ERR_PROTOCOL');
    if (head.format !== Format.BUNDLE) expect(code(() => packetOf(head))).toBe('ERR_PROTOCOL');
    expect(elementCount(head)).toBeTypeOf('number');
  });

  it('with more bytes than there is memory is an error like others', () => {
    const head = { format: Format.ARRAY_BUFFER, dtype: DType.UINT8, meta: NONE, bytes: 2 ** 50 };
    expect(code(() => receive(head, undefined, 'recv'))).toBe('ERR_BUFFER');
  });

  it.skipIf('Float16Array' in globalThis)('with a dtype of a newer Node.js says so', () => {
    const head = { format: Format.TYPED_ARRAY, dtype: DType.FLOAT16, meta: NONE, bytes: 4 };
    expect(thrown(() => receive(head, undefined, 'recv')).message).toMatch(
      /^recv: the message is a Float16Array, which Node\.js/,
    );
    expect(elementCount(head)).toBe(2);
  });
});

/** The value of these bytes, in hexadecimal digits, with large pieces of these sizes. */
function object(words: string, large: number[] = []): unknown {
  const table = Buffer.from(words.replaceAll(' ', ''), 'hex');
  const sizes = [table.byteLength, ...large];
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const payload = new Uint8Array(bytes);
  payload.set(table);
  const meta = large.length === 0 ? NONE : writeSizes(sizes);
  return adopt({ format: Format.OBJECT, dtype: 0, meta, bytes }, payload, undefined, 'recv');
}

/** A float64 as the encoder writes sizes of binary data. */
function double(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes.toString('hex');
}

/** The head of int8 elements (format, dtype, bytes, dimensions), inline unless said otherwise. */
function int8(bytes: number, dimensions = '00', tag = 'd3', format = Format.TYPED_ARRAY as number): string {
  return `${tag} ${Buffer.of(format, DType.INT8).toString('hex')} ${double(bytes)} ${dimensions}`;
}

describe('an object that no encoder writes', () => {
  it.each([
    ['an unknown tag', 'ff'],
    ['a container of no kind', 'ca c0'],
    ['a container without content', 'ce'],
    ['an array that is cut', 'cb 03 01'],
    ['an array that claims four thousand million', 'cb ffffffffff 00'],
    ['numbers that claim as many', `cc ffffffffff ${double(1)}`],
    ['numbers that are cut', `cc 02 ${double(1)}`],
    ['a map that claims as many', 'cf ffffffffff 00'],
    ['a set that claims as many', 'd0 ffffffffff 00'],
    ['an object that claims as many', 'ce ff ffffffffff 80'],
    ['holes in an object', 'cd 00'],
    ['an item among holes that is none', 'cb 02 cd 01 02 00'],
    ['more items among holes than there are', 'cb ffffffffff cd ffffffffff 00 00'],
    ['a name that is a number', 'ce ff 01 01 02'],
    ['a name that is an object', 'ce ff 01 cb 00 02'],
    ['a name that is cut', 'ce ff 01 85 61'],
    ['a list of names that was not there', 'ce 00 01'],
    ['a reference to nothing', 'cb 01 c9 07'],
    ['a reference to what comes later', 'cb 02 c9 01 cb 00'],
    ['a string that is cut', '85 61'],
    ['a long string that is cut', 'c7 ffffffffff 61'],
    ['UTF-16 that is cut', 'c8 02 6100'],
    ['an integer that is cut', 'c4 000000'],
    ['a number that is cut', 'c5 00000000000000'],
    ['a date that is cut', 'd1 00'],
    ['a bigint of no bytes', 'c6 00'],
    ['a bigint that is cut', 'c6 08 00'],
    ['an error without a name', 'd2 c0 80 c0 c0 ff 00'],
    ['an error with a number for a stack', 'd2 80 80 01 c0 ff 00'],
    ['an error with an object for a name', 'd2 cb 00 80 c0 c0 ff 00'],
    ['something behind the end', '01 01'],
    ['nesting without end', 'cb01'.repeat(100_000)],
    ['data that is not there', int8(10)],
    ['more data than fits a number', int8(Number.NaN)],
    ['a negative amount of data', int8(-1)],
    ['half a byte', int8(0.5)],
    ['data of another format', int8(0, '00', 'd3', Format.STRING)],
    ['data with a shape that it has not', `${int8(1, '01')} ${double(1)} 00`],
    ['data in another shape', `${int8(1, '01', 'd3', Format.NDARRAY)} ${double(2)} 00`],
    ['data in a shape that is no number', `${int8(0, '01', 'd3', Format.NDARRAY)} ${double(Number.NaN)}`],
    ['data of too many dimensions', `${int8(1, '41', 'd3', Format.NDARRAY)} ${double(1).repeat(65)} 00`],
    ['large data that is not there', int8(10, '00', 'd4')],
  ])('is ERR_PROTOCOL: %s', (_name, words) => {
    expect(code(() => object(words))).toBe('ERR_PROTOCOL');
  });

  it('is told from what one does write, wherever it is cut', () => {
    const value = fc.oneof(
      fc.object({ withBigInt: true, withDate: true, withMap: true, withSet: true }),
      fc.array(fc.double()),
    );
    fc.assert(
      fc.property(value, (one) => {
        const words = hex(encode(one, 'send'));
        object(words);
        for (let cut = 2; cut < words.length; cut += 2) {
          expect(code(() => object(words.slice(0, -cut)))).toBe('ERR_PROTOCOL');
        }
        expect(code(() => object(`${words}00`))).toBe('ERR_PROTOCOL');
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  it('never sets a prototype', () => {
    const arrived = object('ce ff 01 895f5f70726f746f5f5f ce ff 01 8178 01') as { x?: number };
    expect([arrived.x, Object.getPrototypeOf(arrived), Object.keys(arrived)]).toEqual([
      undefined,
      Object.prototype,
      ['__proto__'],
    ]);
  });

  it('takes no memory for holes that it claims', () => {
    const vast = object('cb ffffffffff cd 01 ff feffffff 01') as unknown[];
    expect([vast.length, vast[2 ** 32 - 2], Object.keys(vast).length]).toEqual([2 ** 32 - 1, 1, 1]);
  });

  it('can only take large data once, and all of it', () => {
    const one = int8(4, '00', 'd4');
    expect(object(one, [4])).toStrictEqual(new Int8Array(4));
    expect(code(() => object(`cb02 ${one} ${one}`, [4]))).toBe('ERR_PROTOCOL');
    expect(code(() => object(one, [5]))).toBe('ERR_PROTOCOL');
    expect(code(() => object(one, [4, 4]))).toBe('ERR_PROTOCOL');
  });
});

describe('random input', () => {
  const bytes = (max: number): fc.Arbitrary<Uint8Array<ArrayBuffer>> =>
    fc.uint8Array({ maxLength: max }).map((array) => new Uint8Array(array));
  const formats = fc.integer({ min: 0, max: 18 });

  it('as a whole message is a value or ERR_PROTOCOL', () => {
    fc.assert(
      fc.property(formats, fc.integer({ min: 0, max: 14 }), bytes(32), bytes(64), (format, dtype, meta, payload) => {
        survives(() => adopt({ format, dtype, meta, bytes: payload.byteLength }, payload, undefined, 'recv'));
        survives(() =>
          unbundle({ format, dtype, meta, bytes: payload.byteLength, segments: [payload] }).map((one) =>
            decode(one, undefined, 'recv'),
          ),
        );
        survives(() => packetOf({ format, dtype, meta, bytes: payload.byteLength }));
      }),
      { seed: 6, numRuns: 5000 },
    );
  });

  it('as an object is a value or ERR_PROTOCOL', () => {
    const word = fc.oneof(
      fc.integer({ min: 0xc0, max: 0xd5 }).map((tag) => tag.toString(16)),
      fc.integer({ min: 0, max: 6 }).map((size) => `0${size}`),
      fc.constantFrom('ff', 'ff01', '8161', '824d7069', 'cd', 'ca', double(4), int8(2), '895f5f70726f746f5f5f'),
      fc.uint8Array({ maxLength: 3 }).map((some) => Buffer.from(some).toString('hex')),
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 24 }), (words) => survives(() => object(words.join('')))),
      { seed: 7, numRuns: 20_000 },
    );
  });

  it('that differs from a good message in one byte is a value or ERR_PROTOCOL', () => {
    const value = {
      at: new Date(5),
      list: [1, 'text', new Map([['k', new Float64Array(600)]])],
      error: new MpiErrorLike('x'),
      n: -(2n ** 80n),
    };
    const good = encode(value, 'send');
    const payload = payloadOf(good).subarray(0);
    const table = good.segments[0]!.byteLength;
    for (let at = 0; at < table; at++) {
      for (const flip of [1, 0x80, 0xff]) {
        const bad = payload.slice();
        bad[at] = bad[at]! ^ flip;
        survives(() => adopt(headOf(good), bad, undefined, 'recv'));
      }
    }
    for (let at = 0; at < good.meta.byteLength; at++) {
      const head = headOf(good);
      head.meta[at] = head.meta[at]! ^ 0xff;
      expect(code(() => adopt(head, payload, undefined, 'recv'))).toBe('ERR_PROTOCOL');
    }
  });

  it('as a bundle that is cut or changed anywhere is ERR_PROTOCOL or other values', () => {
    const good = bundle([encode('abc', 'send'), encode(Float64Array.of(1), 'send'), encode(new Map(), 'send')]);
    for (let at = 0; at < good.meta.byteLength; at++) {
      const meta = good.meta.slice();
      meta[at] = meta[at]! ^ 0xff;
      survives(() => unbundle(stored({ ...good, meta })).map((one) => decode(one, undefined, 'recv')));
      survives(() => unbundle(stored({ ...good, meta: good.meta.slice(0, at) })));
    }
  });
});

class MpiErrorLike extends Error {
  override name = 'MpiError';
  readonly code = 'ERR_TAG';
}

function stored(packet: Packet): Packet {
  return { ...packet, segments: [payloadOf(packet)] };
}
