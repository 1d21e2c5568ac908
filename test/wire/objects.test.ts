import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addExtension, Packr } from 'msgpackr';
import ndarray from 'ndarray';
import { describe, expect, it } from 'vitest';
import { MpiError } from '../../src/errors.ts';
import { Format } from '../../src/wire/format.ts';
import { MAX_META_BYTES } from '../../src/wire/frame.ts';
import { copyOf, decode, encode } from '../../src/wire/value.ts';
import { arrive, hex, roundTrip } from './ways.ts';

function formatOf(value: unknown): number {
  return encode(value, 'send').format;
}

/** Objects inside objects, as deep as said. */
function nested(depth: number): { inner?: unknown; depth: number } {
  let value: { inner?: unknown; depth: number } = { depth: 0 };
  for (let i = 1; i <= depth; i++) value = { inner: value, depth: i };
  return value;
}

/** An array with these items and holes between them. */
function sparse(items: Record<number, unknown>, length: number): unknown[] {
  return Object.assign(new Array<unknown>(length), items);
}

describe('an object', () => {
  it('arrives as structuredClone would copy it', () => {
    const anything = fc.anything({
      maxDepth: 4,
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withObjectString: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
      withUnicodeString: true,
    });
    fc.assert(
      fc.property(anything, (value) => assert.deepStrictEqual(roundTrip(value), structuredClone(value))),
      { seed: 4, numRuns: 1000 },
    );
  });

  it('of plain data is msgpack, byte for byte', () => {
    const packet = encode({ a: 1, b: 'x', c: [1, -2, 2.5, undefined, null, true] }, 'send');
    expect([packet.format, hex(packet)]).toEqual([
      Format.PLAIN,
      '83a16101a162a178a1639601fecb4004000000000000d40000c0c3',
    ]);
  });

  it('with anything more is a table of nodes', () => {
    const packet = encode({ at: new Date(7), list: new Set([-0.5]) }, 'send');
    expect([packet.format, Buffer.from(packet.meta).toString('hex'), hex(packet)]).toEqual([
      Format.GRAPH,
      '1d000000000000000000000000000000',
      '939500a261749101a46c697374910292050792' + '04cbbfe0000000000000',
    ]);
  });

  it('keeps numbers, integers and undefined exactly', () => {
    const value = {
      big: 2 ** 60,
      huge: 1e300,
      min: 5e-324,
      no: undefined,
      nan: NaN,
      inf: -Infinity,
      zero: -0,
      n: 2n ** 64n - 1n,
      m: -(2n ** 63n),
      l: 2n ** 64n,
    };
    assert.deepStrictEqual(roundTrip(value), value);
    assert.deepStrictEqual(
      roundTrip([2 ** 32, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 255, 256, 65536, 127, 128, -32, -33, -129]),
      [2 ** 32, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 255, 256, 65536, 127, 128, -32, -33, -129],
    );
  });

  it('keeps strings of every length and kind, as keys too', () => {
    for (const length of [0, 15, 31, 32, 63, 64, 255, 256, 65_535, 65_536]) {
      for (const letter of ['a', 'ä', '€', '😀', '\ud800']) {
        const text = letter.repeat(length);
        assert.deepStrictEqual(roundTrip({ [text]: [text] }), { [text]: [text] });
      }
    }
  });

  it('may have cycles, through every container', () => {
    const root: Record<string, unknown> = { name: 'root' };
    const map = new Map<unknown, unknown>([[root, root]]);
    Object.assign(root, {
      self: root,
      list: [root],
      map,
      set: new Set([root]),
      error: new Error('e', { cause: root }),
    });
    const arrived = roundTrip(root) as typeof root & {
      list: unknown[];
      map: Map<unknown, unknown>;
      set: Set<unknown>;
      error: Error;
    };
    for (const other of [
      arrived.self,
      arrived.list[0],
      arrived.map.get(arrived),
      [...arrived.set][0],
      arrived.error.cause,
    ]) {
      expect(other).toBe(arrived);
    }
  });

  it('stays shared where it was shared, TypedArrays too', () => {
    const shared = { deep: [1] };
    const array = new Float64Array(2000);
    const [a, b, c, d] = roundTrip([shared, shared, array, array]);
    expect([a === b, c === d, Array.isArray(a)]).toEqual([true, true, false]);
    expect(roundTrip({ one: [1], other: [1] })).toEqual({ one: [1], other: [1] });
  });

  it('may be nested without bound', () => {
    for (const depth of [63, 64, 65, 66, 100_000]) {
      let arrived: unknown = decode(copyOf(encode(nested(depth), 'send')), undefined, 'recv');
      let levels = 0;
      for (; (arrived as { inner?: unknown }).inner !== undefined; arrived = (arrived as { inner: unknown }).inner)
        levels++;
      expect(levels).toBe(depth);
    }
  });

  it('of a class arrives as a plain object with its own properties', () => {
    class Point {
      x = 1;
      #hidden = 2;
      get sum(): number {
        return this.x + this.#hidden;
      }
      toJSON(): string {
        return 'never called';
      }
    }
    const arrived = roundTrip<object>(new Point());
    expect(Object.getPrototypeOf(arrived)).toBe(Object.prototype);
    expect(arrived).toStrictEqual({ x: 1 });
    expect(roundTrip({ p: new Point() })).toStrictEqual({ p: { x: 1 } });
  });

  it('may have properties with any name', () => {
    const tricky = JSON.parse(
      '{"__proto__":{"polluted":1},"constructor":"c","toString":0,"hasOwnProperty":1,"then":2,"length":-1}',
    ) as object;
    for (const value of [tricky, [tricky], { constructor: 1 }, { toJSON: 1 }]) {
      const arrived = roundTrip(value);
      assert.deepStrictEqual(arrived, value);
      expect('polluted' in Object(Array.isArray(arrived) ? arrived[0] : arrived)).toBe(false);
    }
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('may have more properties than 65,535', () => {
    const wide = Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`k${i}`, i]));
    expect(formatOf(wide)).toBe(Format.PLAIN);
    assert.deepStrictEqual(roundTrip(wide), wide);
  });

  it('ignores symbols and what is not enumerable, and calls getters', () => {
    const value = {
      [Symbol('s')]: 1,
      get got() {
        return 2;
      },
    };
    Object.defineProperty(value, 'hidden', { value: 3 });
    expect(roundTrip(value)).toStrictEqual({ got: 2 });
  });
});

describe('an array', () => {
  it('keeps its holes', () => {
    const holes = sparse({ 0: 1, 2: undefined, 4: 5 }, 6);
    const arrived = roundTrip(holes);
    assert.deepStrictEqual(arrived, holes);
    expect([1 in arrived, 2 in arrived]).toEqual([false, true]);
  });

  it('of four thousand million holes costs nothing', () => {
    const vast: unknown[] = [];
    vast[2 ** 32 - 2] = 'end';
    vast[5] = vast;
    const packet = encode(vast, 'send');
    expect(packet.bytes).toBeLessThan(40);
    const arrived = arrive(packet) as unknown[];
    expect([arrived.length, arrived[2 ** 32 - 2], arrived[5] === arrived, Object.keys(arrived).length]).toEqual([
      2 ** 32 - 1,
      'end',
      true,
      2,
    ]);
  });

  it('leaves its other properties behind', () => {
    expect(roundTrip<unknown>('a1'.match(/\d/))).toStrictEqual(['1']);
    expect(roundTrip(Object.assign(sparse({ 0: 1, 2: 3 }, 3), { note: 'x' }))).toStrictEqual(sparse({ 0: 1, 2: 3 }, 3));
  });
});

describe('an error', () => {
  it('keeps class, name, message, stack, cause and its own properties', () => {
    const cause = new RangeError('far');
    const error = Object.assign(new TypeError('bad', { cause }), { code: 'E_BAD', rows: [1] });
    const arrived = roundTrip(error);
    expect(arrived).toBeInstanceOf(TypeError);
    expect(arrived).toMatchObject({ name: 'TypeError', message: 'bad', stack: error.stack, code: 'E_BAD', rows: [1] });
    expect(arrived.cause).toBeInstanceOf(RangeError);
    expect(Object.keys(arrived)).toEqual(['code', 'rows']);
  });

  it('of a class of the program arrives as an Error of that name', () => {
    class ParseError extends Error {
      override name = 'ParseError';
    }
    const arrived = roundTrip<Error>(new ParseError('line 3'));
    expect([arrived.constructor, arrived.name, String(arrived)]).toEqual([Error, 'ParseError', 'ParseError: line 3']);
    const abort = roundTrip<Error>(AbortSignal.abort().reason as Error);
    expect([abort instanceof Error, abort.name]).toEqual([true, 'AbortError']);
  });

  it('may be an AggregateError', () => {
    const arrived = roundTrip(new AggregateError([new Error('one'), 'two'], 'all'));
    expect(arrived).toBeInstanceOf(AggregateError);
    expect([arrived.errors[0].message, arrived.errors[1], arrived.message]).toEqual(['one', 'two', 'all']);
  });

  it('may be an MpiError', () => {
    const arrived = roundTrip(new MpiError('ERR_TAG', 'no such tag', { rank: 3, tag: 9, cause: new Error('why') }));
    expect(arrived).toBeInstanceOf(MpiError);
    expect(arrived).toMatchObject({ code: 'ERR_TAG', message: 'no such tag', rank: 3, tag: 9 });
    expect((arrived.cause as Error).message).toBe('why');
  });
});

describe('binary data inside objects', () => {
  const kinds = {
    a: Int16Array.of(1, 2),
    b: Buffer.from('xyz'),
    c: new ArrayBuffer(3),
    d: new DataView(new ArrayBuffer(4)),
    e: new BigUint64Array(0),
  };

  it('arrives as what it was, in memory of its own', () => {
    const arrived = roundTrip(kinds);
    assert.deepStrictEqual(arrived, kinds);
    expect([arrived.a.buffer.byteLength, arrived.b.buffer.byteLength, arrived.d.buffer.byteLength]).toEqual([4, 3, 4]);
    const matrix = roundTrip({ m: ndarray(Float64Array.of(1, 2, 3, 4), [2, 2]).transpose(1, 0) }).m;
    expect([matrix.shape, matrix.get(0, 1)]).toEqual([[2, 2], 3]);
  });

  it('that is large is sent uncopied, after the rest', () => {
    const value = { small: new Uint8Array(100), x: new Float64Array(512), y: [new Uint8Array(5000).subarray(1)] };
    const { segments } = encode(value, 'send');
    expect(segments.slice(2).map(({ buffer, byteOffset, byteLength }) => [buffer, byteOffset, byteLength])).toEqual([
      [value.x.buffer, 0, 4096],
      [value.y[0]?.buffer, 1, 4999],
    ]);
    assert.deepStrictEqual(roundTrip(value), value);
  });

  it('in more pieces than the meta data can name is copied', () => {
    const many = Array.from({ length: 5000 }, (_, i) => new Uint8Array(4096).fill(i));
    const packet = encode(many, 'send');
    expect(packet.meta.byteLength).toBeLessThan(MAX_META_BYTES / 2);
    assert.deepStrictEqual(arrive(packet), many);
  });
});

describe('msgpackr', () => {
  it('is not changed for a program that uses it too', () => {
    const user = new Packr({ moreTypes: true, structuredClone: true });
    assert.deepStrictEqual(user.unpack(user.pack({ r: /x/g, m: new Set([1]) })), { r: /x/g, m: new Set([1]) });
  });

  it('does not hand our values to the extensions of such a program', () => {
    for (const [type, Class] of [Uint8Array, Date, Map, Set, Error, Array, Object].entries()) {
      addExtension({ Class, type: type + 1, pack: () => Buffer.from('hijacked'), unpack: () => 'hijacked' });
    }
    for (const type of [0x42, 0x65, 0x73, 0x74, 0xff]) addExtension({ type, unpack: () => 'hijacked' });
    const value = {
      bytes: Uint8Array.of(1),
      at: new Date(1),
      map: new Map([[1, 2n ** 70n]]),
      list: [new Set([{}])],
      error: null,
    };
    assert.deepStrictEqual(roundTrip(value), value);
    assert.deepStrictEqual(roundTrip([{ a: 1 }]), [{ a: 1 }]);
  });
});
