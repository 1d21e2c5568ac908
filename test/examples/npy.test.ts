import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readNpyHeader, readNpySlice } from '../../examples/lib/npy.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'npy-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Parts {
  descr?: string;
  order?: string;
  shape?: string;
  /** The whole header, in place of the three above. */
  header?: string;
  version?: [number, number];
  data?: Uint8Array;
}

/** A file as NumPy writes it: the header padded with spaces so that the data begins at a multiple of 64. */
async function npy({ descr = "'<f8'", order = 'False', shape = '(1,)', data = new Uint8Array(8), ...rest }: Parts) {
  const [major, minor] = rest.version ?? [1, 0];
  const text = rest.header ?? `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;
  const header = Buffer.from(text, major === 3 ? 'utf8' : 'latin1');
  const before = major === 1 ? 10 : 12;
  const length = Math.ceil((before + header.length + 1) / 64) * 64 - before;
  const start = Buffer.alloc(before);
  start.write('\x93NUMPY', 'latin1');
  start[6] = major;
  start[7] = minor;
  if (major === 1) start.writeUInt16LE(length, 8);
  else start.writeUInt32LE(length, 8);
  const padding = Buffer.alloc(length - header.length, ' ');
  padding[padding.length - 1] = 0x0a;
  return file(Buffer.concat([start, header, padding, data]));
}

let files = 0;
async function file(bytes: Uint8Array): Promise<string> {
  const path = join(folder, `${files++}.npy`);
  await writeFile(path, bytes);
  return path;
}

async function readAll(path: string) {
  return readNpySlice(path, await readNpyHeader(path));
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function swapped(array: ArrayBufferView & { BYTES_PER_ELEMENT: number }): Uint8Array {
  const bytes = Buffer.from(bytesOf(array));
  const size = array.BYTES_PER_ELEMENT;
  return size === 2 ? bytes.swap16() : size === 4 ? bytes.swap32() : size === 8 ? bytes.swap64() : bytes;
}

const ARRAYS = {
  i1: Int8Array.of(-128, -1, 0, 1, 127),
  u1: Uint8Array.of(0, 1, 127, 128, 255),
  i2: Int16Array.of(-32768, -1, 0, 1, 32767),
  u2: Uint16Array.of(0, 1, 32767, 32768, 65535),
  i4: Int32Array.of(-(2 ** 31), -1, 0, 1, 2 ** 31 - 1),
  u4: Uint32Array.of(0, 1, 2 ** 31, 2 ** 32 - 1),
  i8: BigInt64Array.of(-(2n ** 63n), -1n, 0n, 2n ** 53n + 1n, 2n ** 63n - 1n),
  u8: BigUint64Array.of(0n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n),
  f4: Float32Array.of(-1.5, -0, 0.1, Number.POSITIVE_INFINITY, Number.NaN),
  f8: Float64Array.of(-1.5, -0, 0.1, Number.NEGATIVE_INFINITY, Number.NaN),
};

describe('every dtype', () => {
  for (const [type, array] of Object.entries(ARRAYS)) {
    const shape = `(${array.length},)`;
    for (const order of array.BYTES_PER_ELEMENT === 1 ? ['|', '<', '>', '='] : ['<', '>', '=']) {
      test(`${order}${type} is read as a ${array.constructor.name}`, async () => {
        const data = order === '>' ? swapped(array) : bytesOf(array);
        expect(await readAll(await npy({ descr: `'${order}${type}'`, shape, data }))).toEqual(array);
      });
    }
  }

  test('booleans are zeros and ones', async () => {
    const path = await npy({ descr: "'|b1'", shape: '(3,)', data: Uint8Array.of(1, 0, 1) });
    expect((await readNpyHeader(path)).dtype).toBe('bool');
    expect(await readAll(path)).toEqual(Uint8Array.of(1, 0, 1));
  });

  test.each(['<', '>'])('halves (%sf2) become Float32Array', async (order) => {
    // 1, -2, the greatest, the least normal, the least subnormal, infinity, NaN, -0: bit patterns of IEEE 754 binary16.
    const bits = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x7c00, 0x7e00, 0x8000);
    const data = order === '>' ? swapped(bits) : bytesOf(bits);
    const values = [1, -2, 65504, 2 ** -14, 2 ** -24, Number.POSITIVE_INFINITY, Number.NaN, -0];
    expect(await readAll(await npy({ descr: `'${order}f2'`, shape: '(8,)', data }))).toEqual(Float32Array.from(values));
  });
});

describe('headers', () => {
  test.each([
    [1, 0],
    [2, 0],
    [3, 0],
  ])('format %i.%i', async (...version) => {
    const data = bytesOf(Float64Array.of(4));
    expect(await readAll(await npy({ version: version as [number, number], data }))).toEqual(Float64Array.of(4));
  });

  test('say shape, length and where the data begins', async () => {
    const path = await npy({ descr: "'>u2'", shape: '(2, 3, 4)', data: new Uint8Array(48) });
    expect(await readNpyHeader(path)).toEqual({
      dtype: 'uint16',
      kind: 'uint',
      itemBytes: 2,
      littleEndian: false,
      shape: [2, 3, 4],
      length: 24,
      dataOffset: 128,
    });
  });

  test.each([
    ['double quotes, another order of the keys, no last comma', '{"shape":(1,),"fortran_order":False,"descr":"<f8"}'],
    ["Python 2's long integers", "{'descr': '<f8', 'fortran_order': False, 'shape': (1L,), }"],
    ['a list as shape', "{'descr': '<f8', 'fortran_order': False, 'shape': [1]}"],
    ['prefixed strings', "{u'descr': b'<f8', 'fortran_order': False, 'shape': (1,)}"],
    ['a key that nobody knows', "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'über': None}"],
  ])('may be written with %s', async (_, header) => {
    expect((await readNpyHeader(await npy({ header, version: [3, 0] }))).length).toBe(1);
  });

  test('a scalar has one element, an extent of zero none', async () => {
    expect((await readNpyHeader(await npy({ shape: '()' }))).length).toBe(1);
    expect(await readAll(await npy({ shape: '(3, 0)', data: new Uint8Array(0) }))).toEqual(new Float64Array(0));
  });

  test('Fortran order is C order where there is one dimension', async () => {
    expect((await readNpyHeader(await npy({ order: 'True' }))).length).toBe(1);
  });
});

describe('slices', () => {
  const all = Int32Array.from({ length: 100 }, (_, i) => i * i);

  test('hold the elements from start to end, in C order', async () => {
    const path = await npy({ descr: "'<i4'", shape: '(10, 10)', data: bytesOf(all) });
    const header = await readNpyHeader(path);
    for (const [start, end] of [
      [0, 100],
      [0, 0],
      [100, 100],
      [37, 64],
      [99, 100],
    ] as const) {
      expect(await readNpySlice(path, header, start, end)).toEqual(all.slice(start, end));
    }
  });

  test('outside the array are refused', async () => {
    const path = await npy({ descr: "'<i4'", shape: '(100,)', data: bytesOf(all) });
    const header = await readNpyHeader(path);
    await expect(readNpySlice(path, header, 1, 101)).rejects.toThrow('elements 1 to 101');
    await expect(readNpySlice(path, header, 5, 4)).rejects.toThrow(RangeError);
  });

  test('of a file that has shrunk meanwhile are an error', async () => {
    const path = await npy({ descr: "'<i4'", shape: '(100,)', data: bytesOf(all) });
    const header = await readNpyHeader(path);
    await writeFile(path, 'short');
    await expect(readNpySlice(path, header, 0, 10)).rejects.toThrow('is cut short: it ends before element 9');
  });
});

describe('what cannot be read is named, with the reason and the file', () => {
  async function refusal(parts: Parts): Promise<string> {
    const path = await npy(parts);
    const error = await readNpyHeader(path).catch((caught: Error) => caught);
    expect(error).toMatchObject({ name: 'NpyError' });
    expect((error as Error).message).toContain(path);
    return (error as Error).message.slice(path.length + 1);
  }

  test.each([
    ['Fortran order', { order: 'True', shape: '(2, 3)' }, /^is in Fortran order .*np.ascontiguousarray/],
    ['objects', { descr: "'|O'" }, /^holds Python objects of dtype '\|O'/],
    ['strings', { descr: "'<U5'" }, /^holds strings of dtype '<U5'/],
    ['byte strings', { descr: "'|S5'" }, /^holds byte strings/],
    ['complex numbers', { descr: "'<c16'" }, /^holds complex numbers of dtype '<c16'.*convert it first/],
    ['dates', { descr: "'<M8[ns]'" }, /^holds dates/],
    ['long doubles', { descr: "'<f16'" }, /^holds elements of dtype '<f16'/],
    ['nonsense', { descr: "'i2 '" }, /^holds elements of dtype 'i2 '/],
    ['records', { descr: "[('a', '<i4'), ('b', '<f8', (2,))]" }, /^holds records with named fields/],
    ['another format', { version: [4, 0] as [number, number] }, /^has NumPy format 4.0; this reader knows/],
    ['a cut end', { shape: '(2,)' }, /^is cut short: .* promises 16 bytes .* shape \(2\) of float64, and 8 are there/],
    ['a longer end', { shape: '(1,)', data: new Uint8Array(12) }, /^is too long: .* promises 8 bytes/],
    ['a negative extent', { shape: '(-1,)' }, /^has the shape \(-1\); expected whole numbers/],
    ['an impossible extent', { shape: '(9999999, 9999999, 9999999)' }, /^claims the impossible shape/],
    ['a shape that is no tuple', { shape: '5' }, /^has a header without a shape/],
    ['no dtype', { header: "{'fortran_order': False, 'shape': (1,)}" }, /^has a header without a dtype/],
    ['no order', { header: "{'descr': '<f8', 'shape': (1,)}" }, /^has a header without fortran_order/],
    [
      'a header that calls',
      { header: "__import__('os')" },
      /^has an unreadable header, at character 0: expected a literal/,
    ],
    ['a header that is open', { header: "{'descr': '<f8'" }, /^has an unreadable header, .* expected , or }/],
    ['a header of brackets', { header: '['.repeat(5000) }, /^has an unreadable header, .* 32 levels/],
    ['a header that is a list', { header: '[1, 2]' }, /^has a header that is no dictionary/],
  ])('%s', async (_, parts, expected) => {
    expect(await refusal(parts)).toMatch(expected);
  });

  test.each([
    ['an empty file', '', /is empty; expected a NumPy file/],
    ['text', 'a,b,c\n1,2,3\n', /is no NumPy file: it begins with "a,b,c/],
    ['an archive', 'PK\x03\x04rest', /is a zip archive .*np.save\(file, archive\["name"\]\)/],
    ['nothing but the magic', '\x93NUMPY', /is cut short: it ends before its version/],
    ['half a preamble', '\x93NUMPY\x01\x00\x10', /is cut short: it ends before the length of its header/],
    ['half a header', '\x93NUMPY\x01\x00\x40\x00{', /is cut short: it ends before the end of its header/],
    ['a huge header', '\x93NUMPY\x02\x00\xff\xff\xff\xff{', /announces a header of 4294967295 bytes/],
  ])('%s', async (_, content, expected) => {
    await expect(readNpyHeader(await file(Buffer.from(content, 'latin1')))).rejects.toThrow(expected);
  });

  test('a file cut at any byte', async () => {
    const bytes = await readFile(await npy({ descr: "'<i2'", shape: '(3,)', data: new Uint8Array(6) }));
    for (let length = 0; length < bytes.length; length++) {
      await expect(readNpyHeader(await file(bytes.subarray(0, length)))).rejects.toMatchObject({ name: 'NpyError' });
    }
  });

  test('a missing file and a directory', async () => {
    await expect(readNpyHeader(join(folder, 'none.npy'))).rejects.toThrow('cannot be read: there is no such file');
    await expect(readNpyHeader(folder)).rejects.toThrow('is a directory; expected a NumPy file');
    await expect(readNpyHeader('/dev/null')).rejects.toThrow('/dev/null is no regular file');
  });
});

test('the flights of the main example are what their README says', async () => {
  const path = join(import.meta.dirname, '../../examples/data/flight-delays.npy');
  expect(await readNpyHeader(path)).toMatchObject({ dtype: 'int16', shape: [200_000] });
  expect((await readAll(path))[0]).toBeTypeOf('number');
});
