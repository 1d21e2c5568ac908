import { constants } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMpiError } from '../../src/errors.ts';
import { bundle, unbundle } from '../../src/wire/bundle.ts';
import { DType } from '../../src/wire/dtype.ts';
import { Format } from '../../src/wire/format.ts';
import { pack } from '../../src/wire/objects.ts';
import type { Packet, PacketHead } from '../../src/wire/packet.ts';
import { isSound } from '../../src/wire/scan.ts';
import { writeSizes } from '../../src/wire/sizes.ts';
import { adopt, decode, elementCount, encode, packetOf, receive } from '../../src/wire/value.ts';
import { headOf, payloadOf, thrown } from './ways.ts';

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
    ['no msgpack', { format: Format.PLAIN, bytes: 0 }],
    ['an array without dtype', { format: Format.TYPED_ARRAY, bytes: 8 }],
    ['an array of an unknown dtype', { format: Format.TYPED_ARRAY, dtype: 200, bytes: 8 }],
    ['half an element', { format: Format.TYPED_ARRAY, dtype: DType.FLOAT64, bytes: 12 }],
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
    ['a graph without sizes', { format: Format.GRAPH, bytes: 8 }],
    ['a graph of other sizes', { format: Format.GRAPH, bytes: 8, meta: writeSizes([4, 2, 1]) }],
    ['a graph without a table', { format: Format.GRAPH, bytes: 8, meta: writeSizes([0, 8]) }],
  ];

  it.each(wrong)('is ERR_PROTOCOL before memory is taken: %s', (_name, part) => {
    const head: PacketHead = { format: 0, dtype: 0, meta: NONE, bytes: 0, ...part };
    expect(code(() => receive(head, undefined, 'recv'))).toBe('ERR_PROTOCOL');
    expect(code(() => receive(head, new Float64Array(1), 'recv'))).toBe('ERR_PROTOCOL');
    expect(code(() => adopt(head, NONE, undefined, 'recv'))).toBe('ERR_PROTOCOL');
    if (head.format !== Format.BUNDLE) expect(code(() => packetOf(head))).toBe('ERR_PROTOCOL');
    expect(elementCount(head)).toBeTypeOf('number');
  });

  it('with an array longer than any is ERR_PROTOCOL; where any length is one, there is no memory for it', () => {
    const head = { format: Format.TYPED_ARRAY, dtype: DType.INT8, meta: NONE, bytes: 2 ** 53 - 1 };
    // 4 GiB in Node.js 20, and this very number in 22 and later.
    const expected = constants.MAX_LENGTH < head.bytes ? 'ERR_PROTOCOL' : 'ERR_BUFFER';
    expect(code(() => receive(head, undefined, 'recv'))).toBe(expected);
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

function plain(bytes: string): unknown {
  const payload = new Uint8Array(Buffer.from(bytes, 'hex'));
  return adopt({ format: Format.PLAIN, dtype: 0, meta: NONE, bytes: payload.byteLength }, payload, undefined, 'recv');
}

function graph(table: unknown, inline = 0, large: number[] = []): unknown {
  const nodes = pack(table, 'test');
  const sizes = [nodes.byteLength, inline, ...large];
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const payload = new Uint8Array(bytes);
  payload.set(nodes);
  return adopt({ format: Format.GRAPH, dtype: 0, meta: writeSizes(sizes), bytes }, payload, undefined, 'recv');
}

describe('msgpack that no encoder writes', () => {
  it.each([
    ['a regular expression', 'd4780092a178a0'],
    ['a record', 'd472409161610 1'.replaceAll(' ', '')],
    ['a set', 'd4730090'],
    ['an error', 'd4650093a0a0c0'],
    ['a reference', 'd67000000001'],
    ['a date', 'd6ff00000000'],
    ['bundled strings', 'd6620000000690a0a0'],
    ['binary data', 'c40100'],
    ['the unused byte', 'c1'],
    ['a key that is no string', '810102'],
    ['an array that is cut', '9301'],
    ['an array that claims four thousand million', 'ddffffffff00'],
    ['a map that claims as many', 'dfffffffffa0'],
    ['a string that is cut', 'd9ff61'],
    ['a number that is cut', 'cb00'],
    ['something behind the end', '0101'],
    ['undefined with a length', 'd500'],
    ['nesting without end', '91'.repeat(100_000)],
  ])('is ERR_PROTOCOL: %s', (_name, bytes) => {
    expect(code(() => plain(bytes))).toBe('ERR_PROTOCOL');
  });

  it('is told from what one does write', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const bytes = pack(value, 'test');
        expect(isSound(bytes)).toBe(true);
        expect(isSound(bytes.subarray(0, -1))).toBe(false);
        expect(isSound(Buffer.concat([bytes, Buffer.of(0)]))).toBe(false);
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  it('never sets a prototype', () => {
    const arrived = plain('81a95f5f70726f746f5f5f81a17801') as { x?: number };
    expect([arrived.x, Object.getPrototypeOf(arrived)]).toEqual([undefined, Object.prototype]);
  });
});

describe('a table of nodes that no encoder writes', () => {
  it.each([
    ['no list', 1],
    ['an empty list', []],
    ['a node that is none', [1]],
    ['a node without a kind', [[]]],
    ['an unknown kind', [[99]]],
    ['a reference to nothing', [[1, [7]]]],
    ['a negative reference', [[1, [-2]]]],
    ['a reference that is no number', [[1, ['x']]]],
    ['a slot of two', [[1, [0, 0]]]],
    ['an object in a slot', [[1, {}]]],
    ['a key that is no string', [[0, 1, 2]]],
    ['a key that is an object', [[0, [0], 2]]],
    ['a date that is no number', [[5, 'x']]],
    ['a bigint that is none', [[7, 'xyz']]],
    ['a bigint of no digits', [[7, '']]],
    ['a length that is none', [[2, -1]]],
    ['a length larger than any', [[2, 2 ** 32]]],
    ['an index behind the end', [[2, 3, 3, 0]]],
    ['a name that is none', [[6, 1, 'm', undefined]]],
    ['text that is not there', [[8, 10]]],
    ['data that is not there', [[9, Format.TYPED_ARRAY, DType.INT8, 10, 1]]],
    ['large data that is not there', [[9, Format.TYPED_ARRAY, DType.INT8, 10, 0]]],
    ['data of an unknown dtype', [[9, Format.TYPED_ARRAY, 77, 0, 1]]],
    ['data of another format', [[9, Format.STRING, 0, 0, 1]]],
    ['data in half elements', [[9, Format.TYPED_ARRAY, DType.INT16, 1, 1]], 1],
    ['data with a shape that it has not', [[9, Format.TYPED_ARRAY, DType.INT8, 1, 1, 1]], 1],
    ['data in another shape', [[9, Format.NDARRAY, DType.INT8, 1, 1, 2]], 1],
    ['data that nobody owns', [[1]], 1],
  ])('is ERR_PROTOCOL: %s', (_name, table, inline = 0) => {
    expect(code(() => graph(table, inline))).toBe('ERR_PROTOCOL');
  });

  it('can only take data once', () => {
    const node = [9, Format.TYPED_ARRAY, DType.INT8, 4, 0];
    expect(graph([node], 0, [4])).toStrictEqual(new Int8Array(4));
    expect(code(() => graph([node, node], 0, [4]))).toBe('ERR_PROTOCOL');
    expect(code(() => graph([node], 0, [5]))).toBe('ERR_PROTOCOL');
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

  it('as a table of nodes is a value or ERR_PROTOCOL', () => {
    const slot = fc.oneof(
      fc.constantFrom(
        'code',
        'cause',
        'errors',
        '__proto__',
        'stack',
        'MpiError',
        'TypeError',
        'ERR_TAG',
        undefined,
        null,
      ),
      fc.integer({ min: -2, max: 16 }),
      fc.tuple(fc.integer({ min: -2, max: 6 })),
      fc.double(),
    );
    const node = fc
      .tuple(fc.integer({ min: 0, max: 10 }), fc.array(slot, { maxLength: 7 }))
      .map(([kind, slots]) => [kind, ...slots]);
    fc.assert(
      fc.property(fc.array(node, { minLength: 1, maxLength: 6 }), fc.integer({ min: 0, max: 8 }), (table, inline) =>
        survives(() => graph(table, inline)),
      ),
      { seed: 7, numRuns: 5000 },
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
