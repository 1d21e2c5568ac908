import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMpiError } from '../../src/errors.ts';
import { ColumnKind, LONG_SCALARS, MAX_COLUMN_DEPTH } from '../../src/wire/columns.ts';
import { Format } from '../../src/wire/format.ts';
import { pack, unpack } from '../../src/wire/objects.ts';
import { adopt, decode, decodeCopy, encode } from '../../src/wire/value.ts';
import { arrive, headOf, hex, payloadOf, roundTrip, thrown } from './ways.ts';

const { ANY, FLOATS, INTEGERS, BOOLEANS, STRINGS, LISTS, ROWS } = ColumnKind;

function list<T>(length: number, item: (i: number) => T): T[] {
  return Array.from({ length }, (_, i) => item(i));
}

/** The value arrives as it is, and in this format. */
function travels(value: unknown, format: number): void {
  const packet = encode(value, 'send');
  expect(packet.format).toBe(format);
  assert.deepStrictEqual(arrive(packet), value);
}

describe('a long array', () => {
  it('is written by columns', () => {
    const packet = encode({ rows: list(24, (i) => ({ id: i, on: i > 0 })) }, 'send');
    const { format, meta } = packet;
    const payload = payloadOf(packet);
    const area = new Int32Array(payload.slice(0, 8 + 8 + 2 * 96).buffer);
    expect([format, meta.byteLength, area[0], area[1], area[2], area[3]]).toEqual([Format.COLUMNS, 0, 208, 0, 24, 0]);
    expect([...area.subarray(4)]).toEqual([...list(24, (i) => i), ...list(24, (i) => Number(i > 0))]);
    const table = [[], ROWS, ['rows'], LISTS, ROWS, ['id', 'on'], INTEGERS, BOOLEANS];
    expect(Buffer.from(payload.subarray(208)).toString('hex')).toBe(Buffer.from(pack(table, 'test')).toString('hex'));
  });

  it('of numbers keeps every one of them exactly', () => {
    const cases = [
      0,
      -0,
      1,
      -1,
      0.5,
      NaN,
      Infinity,
      -Infinity,
      5e-324,
      2 ** 31 - 1,
      -(2 ** 31),
      2 ** 31,
      2 ** 53,
      -1e300,
    ];
    for (const odd of cases) {
      for (const rest of [7, 1.5]) {
        const numbers = list(LONG_SCALARS, () => rest);
        travels([...numbers, odd], Format.COLUMNS);
        travels([odd, ...numbers], Format.COLUMNS);
      }
    }
    fc.assert(
      fc.property(fc.array(fc.double(), { minLength: LONG_SCALARS, maxLength: 80 }), (numbers) =>
        travels({ numbers }, Format.COLUMNS),
      ),
      { seed: 8, numRuns: 300 },
    );
  });

  it('of whole numbers takes 4 bytes for each', () => {
    expect(encode(list(1000, Number), 'send').bytes).toBeLessThan(4030);
    expect(encode([...list(999, Number), 0.5], 'send').bytes).toBeLessThan(8030);
  });

  it('of strings keeps them, their lone surrogates too', () => {
    travels(
      list(100, (i) => 'äé€😀\0'.repeat(i % 7)),
      Format.COLUMNS,
    );
    travels(
      list(100, () => ''),
      Format.COLUMNS,
    );
    travels(['\ud83d', '\ude00', ...list(70, String)], Format.COLUMNS);
    travels(['\ude00', ...list(70, String)], Format.GRAPH);
  });

  it('of strings becomes several texts, so that a string that is kept keeps little', () => {
    const long = list(70, (i) => 'x'.repeat(1000) + i);
    travels({ long, longer: [...list(70, String), 'y'.repeat(100_000)] }, Format.COLUMNS);
    const payload = payloadOf(encode(long, 'send'));
    const [texts] = unpack(payload.subarray(new DataView(payload.buffer).getUint32(0, true))) as [string[]];
    expect(texts.map((text) => text.length)).toEqual([17_024, 17_034, 17_034, 17_034, 2004]);
  });

  it('of anything else is plain or a graph as it was', () => {
    for (const item of [null, undefined, true, 1n, 'a', 1, {}, [], { a: 1 }, [1]]) {
      travels([...list(70, (i) => i), item, null], Format.COLUMNS);
    }
    for (const item of [
      -0,
      2n ** 70n,
      '\ud800',
      new Date(3),
      new Map([[1, 2]]),
      Uint8Array.of(1),
      { __proto__: null, a: 1 },
    ]) {
      expect(encode([...list(70, (i) => ({ i })), item], 'send').format).toBe(Format.GRAPH);
      assert.deepStrictEqual(
        roundTrip([null, ...list(70, (i) => i), item]),
        structuredClone([null, ...list(70, (i) => i), item]),
      );
    }
    expect(thrown(() => encode([...list(70, (i) => ({ i })), { i: () => 1 }], 'send')).message).toContain(
      'value[70].i',
    );
  });

  it('keeps its holes', () => {
    const holes = list<unknown>(80, (i) => i);
    delete holes[20];
    travels(holes, Format.GRAPH);
    travels({ lists: list(80, (i) => (i === 3 ? holes : [i])) }, Format.GRAPH);
    travels(
      list(80, () => [undefined]),
      Format.COLUMNS,
    );
  });

  it('may have rows with other keys, none, or in another order', () => {
    travels(
      list(70, (i) => (i === 7 ? { b: 1, a: 2 } : { a: i, b: 1 })),
      Format.COLUMNS,
    );
    travels(
      list(70, (i) => (i === 7 ? { a: 1 } : { a: i, b: 1 })),
      Format.COLUMNS,
    );
    travels(
      list(70, (i) => (i === 7 ? { a: 1, b: 2, c: 3 } : { a: i, b: 1 })),
      Format.COLUMNS,
    );
    travels(
      list(70, () => ({})),
      Format.COLUMNS,
    );
    travels(
      list(70, (i) => ({ ['__proto__']: i })),
      Format.GRAPH,
    );
    travels(
      list(70, (i) => ({ constructor: i })),
      Format.GRAPH,
    );
    const keys = Object.keys((roundTrip(list(70, (i) => ({ z: i, 1: i, a: i })))[69] ?? {}) as object);
    expect(keys).toEqual(['1', 'z', 'a']);
  });

  it('stays shared where it was shared, and its rows', () => {
    const row = { a: [1] };
    const rows = list(70, (i) => (i % 10 === 0 ? row : { a: [i] }));
    const again = roundTrip({ rows, row, rows2: rows });
    expect([again.rows === again.rows2, again.rows[10] === again.row, again.rows[20] === again.row]).toEqual([
      true,
      true,
      true,
    ]);
    const tags = ['x'];
    const tagged = roundTrip(list(70, () => ({ tags })));
    expect(tagged[0]!.tags === tagged[69]!.tags).toBe(true);
    const cyclic = list<unknown>(70, (i) => ({ i }));
    cyclic.push(cyclic);
    const arrived = roundTrip(cyclic);
    expect(arrived[70] === arrived).toBe(true);
  });

  it('may lie deep', () => {
    let deep: unknown = list(70, (i) => i);
    for (let depth = 0; depth < 100; depth++) {
      const packet = encode(deep, 'send');
      if (depth < 60) expect(packet.format).toBe(Format.COLUMNS);
      if (depth > 64) expect(packet.format).toBe(Format.GRAPH);
      assert.deepStrictEqual(decodeCopy(packet, 'recv'), deep);
      deep = depth % 2 === 0 ? [deep] : { deep };
    }
  });

  it('of any length arrives', () => {
    for (const length of [63, 64, 2000, 20_000, 300_000]) {
      const value = {
        at: list(length, (i) => i / 3),
        of: list(length, (i) => i),
        rows: list(Math.min(length, 5000), (i) => ({ name: `n${i}`, i })),
      };
      assert.deepStrictEqual(roundTrip(value), value);
    }
  });

  it('may be sent by a getter while another is written', () => {
    const outer = list(70, (i) => ({
      i,
      get sent() {
        return (
          decode(
            encode(
              list(80, (k) => k * i),
              'send',
            ),
            undefined,
            'recv',
          ) as number[]
        )[2];
      },
    }));
    expect(roundTrip(outer)).toStrictEqual(list(70, (i) => ({ i, sent: 2 * i })));
  });

  it('arrives from memory at any place', () => {
    const packet = encode({ numbers: list(70, (i) => i / 7) }, 'send');
    for (let offset = 0; offset < 9; offset++) {
      const memory = new Uint8Array(packet.bytes + 16);
      const payload = memory.subarray(offset, offset + packet.bytes);
      payload.set(payloadOf(packet));
      assert.deepStrictEqual(adopt(headOf(packet), payload, undefined, 'recv'), { numbers: list(70, (i) => i / 7) });
    }
  });

  it('of like objects of any kind arrives as structuredClone would copy it', () => {
    const scalar = fc.oneof(
      fc.double(),
      fc.integer(),
      fc.boolean(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom(null, undefined, -0, 1n),
    );
    const column = fc.oneof(
      fc.array(fc.integer(), { minLength: 70, maxLength: 70 }),
      fc.array(fc.double(), { minLength: 70, maxLength: 70 }),
      fc.array(fc.string(), { minLength: 70, maxLength: 70 }),
      fc.array(fc.boolean(), { minLength: 70, maxLength: 70 }),
      fc.array(scalar, { minLength: 70, maxLength: 70 }),
      fc.array(fc.array(scalar, { maxLength: 4 }), { minLength: 70, maxLength: 70 }),
      fc.array(fc.array(fc.integer(), { maxLength: 4 }), { minLength: 70, maxLength: 70 }),
      fc.array(fc.record({ x: fc.double(), y: fc.array(fc.string()) }), { minLength: 70, maxLength: 70 }),
      fc.array(fc.record({ x: scalar, y: fc.nat() }, { requiredKeys: ['y'] }), { minLength: 70, maxLength: 70 }),
      fc.array(fc.anything(), { minLength: 70, maxLength: 70 }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string({ maxLength: 3 }), column, { minKeys: 1, maxKeys: 5 }), (columns) => {
        const rows = list(70, (i) =>
          Object.fromEntries(Object.entries(columns).map(([key, items]) => [key, items[i]])),
        );
        assert.deepStrictEqual(roundTrip({ rows }), structuredClone({ rows }));
        assert.deepStrictEqual(roundTrip(Object.values(columns)), structuredClone(Object.values(columns)));
      }),
      { seed: 9, numRuns: 300 },
    );
  });
});

/** What arrives of this table, with these int32 in the area. */
function columns(table: unknown, integers: readonly number[] = [], end = 8 + 4 * integers.length): unknown {
  const area = Int32Array.of(end, 0, ...integers);
  const payload = new Uint8Array(Buffer.concat([Buffer.from(area.buffer), pack(table, 'test')]));
  return adopt(
    { format: Format.COLUMNS, dtype: 0, meta: new Uint8Array(0), bytes: payload.length },
    payload,
    undefined,
    'recv',
  );
}

describe('columns that no encoder writes', () => {
  it('are told from such as could be', () => {
    expect(columns([[], ANY, [5]])).toBe(5);
    expect(columns([['abc'], LISTS, STRINGS], [2, 0, 1, 2])).toEqual(['a', 'bc']);
    expect(columns([[], ROWS, ['a'], LISTS, FLOATS], [1, 0, 0, 0])).toEqual({ a: [0] });
  });

  it.each<[string, unknown, number[]?, number?]>([
    ['no table', 1],
    ['no texts', [1, ANY, [1]]],
    ['no column', [[]]],
    ['an unknown kind', [[], 7]],
    ['a kind that is none', [[], 'x']],
    ['a list of two', [[], ANY, [1, 2]]],
    ['no list', [[], ANY, 1]],
    ['something behind the column', [[], ANY, [1], 0]],
    ['a text that nobody reads', [['x'], ANY, [1]]],
    ['a rest of a text', [['xy'], STRINGS], [1, 0]],
    ['a text that is missing', [[], STRINGS], [1, 0]],
    ['a text that is none', [[1], STRINGS], [1, 0]],
    ['a string in two texts', [['x', 'y'], STRINGS], [2, 0]],
    ['a string of negative length', [['x'], STRINGS], [-1, 0]],
    ['area that nobody owns', [[], ANY, [1]], [0, 0]],
    ['numbers that are not there', [[], INTEGERS]],
    ['a list that is longer than the area', [[], LISTS, INTEGERS], [3, 0, 1, 2]],
    ['a list of negative length', [[], LISTS, ANY, []], [-1, 0]],
    ['lists longer than memory', [[], LISTS, LISTS, LISTS, FLOATS], [2 ** 31 - 1, 0]],
    ['rows without keys', [[], LISTS, ROWS, []], [2 ** 31 - 1, 0]],
    ['rows of no keys', [[], ROWS, 1]],
    ['a key that is none', [[], ROWS, [1], ANY, [1]]],
    ['a key that is a prototype', [[], ROWS, ['__proto__'], ANY, [{}]]],
    ['a row that is longer than its columns', [[], LISTS, ROWS, ['a', 'b'], ANY, [1, 2], ANY, [1]], [2, 0]],
    ['columns without end', [[], ...list(MAX_COLUMN_DEPTH + 1, () => [ROWS, ['a']]).flat(), ANY, [1]]],
    ['an area before the payload', [[], ANY, [1]], [], 0],
    ['an area of half a number', [[], ANY, [1]], [0, 0], 12],
    ['an area behind the payload', [[], ANY, [1]], [], 4096],
    ['an area without end', [[], ANY, [1]], [], -8],
    ['a table inside the area', [[], ANY, [1]], [0, 0], 8],
  ])('are ERR_PROTOCOL: %s', (_name, table, integers, end) => {
    expect(thrown(() => columns(table, integers, end)).code).toBe('ERR_PROTOCOL');
  });

  it('may be as deep as columns are', () => {
    expect(columns([[], ...list(MAX_COLUMN_DEPTH, () => [ROWS, ['a']]).flat(), ANY, [1]])).toBeTypeOf('object');
  });

  it('are a value or ERR_PROTOCOL, whatever byte is another', () => {
    const good = encode(
      { n: list(24, (i) => i / 2), rows: list(24, (i) => ({ s: `s${i}`, b: i > 3, l: list(i % 3, Number) })) },
      'send',
    );
    const payload = payloadOf(good);
    for (let at = 0; at < payload.length; at++) {
      for (const flip of [1, 2, 0x80, 0xff]) {
        const bad = payload.slice();
        bad[at] = bad[at]! ^ flip;
        survives(() => adopt(headOf(good), bad, undefined, 'recv'));
      }
      const cut = payload.slice(0, at);
      survives(() => adopt({ ...headOf(good), bytes: at }, cut, undefined, 'recv'));
    }
    expect(hex(good)).toBe(Buffer.from(payload).toString('hex'));
  });

  it('are a value or ERR_PROTOCOL, whatever the table', () => {
    const entry = fc.oneof(
      fc.integer({ min: 0, max: 7 }),
      fc.constantFrom<unknown>(['a'], ['a', 'b'], [1], [1, 2], [{}], [], 'x', null),
    );
    fc.assert(
      fc.property(
        fc.array(fc.string(), { maxLength: 2 }),
        fc.array(entry, { maxLength: 8 }),
        fc.array(fc.integer({ min: -1, max: 4 }), { maxLength: 6 }),
        (texts, entries, integers) =>
          survives(() => columns([texts, ...entries], integers.length % 2 === 0 ? integers : [...integers, 0])),
      ),
      { seed: 10, numRuns: 5000 },
    );
  });
});

/** Any outcome is right but a foreign error. */
function survives(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    if (!isMpiError(error, 'ERR_PROTOCOL')) throw error;
  }
}
