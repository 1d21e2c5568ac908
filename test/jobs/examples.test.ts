/** Every example, as its README tells people to run it, on several numbers of ranks. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TsrunResult, tsrun } from '../helpers/tsrun.ts';

const examples = join(import.meta.dirname, '../../examples');
const RANKS = [1, 2, 3, 4];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'examples-'));
});
afterAll(() => rm(folder, { recursive: true }));

function run(ranks: number, example: string, ...args: string[]): Promise<TsrunResult> {
  return tsrun(['-n', String(ranks), join(examples, example), ...args], { cwd: folder });
}

/** The output of an example that succeeds, line by line. */
async function lines(ranks: number, example: string, ...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await run(ranks, example, ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trimEnd().split('\n');
}

/** A NumPy file of format 1.0; its header begins with `{'descr': `. */
function writeNpy(name: string, fields: string, { buffer }: BigInt64Array | Float32Array): Promise<void> {
  const header = `{'descr': ${fields}, }\n`;
  const start = Buffer.from('\x93NUMPY\x01\x00__', 'latin1');
  start.writeUInt16LE(header.length, 8);
  return writeFile(join(folder, name), Buffer.concat([start, Buffer.from(header), new Uint8Array(buffer)]));
}

test('every example is tested here', async () => {
  const tested = (await readFile(import.meta.filename, 'utf8')).match(/\d\d-[a-z-]+\.ts/g);
  const there = (await readdir(examples)).filter((name) => /^\d\d-.*\.ts$/.test(name));
  expect([...new Set(tested)].sort()).toEqual(there.sort());
});

describe('01-array-sum.ts', () => {
  test.each([...RANKS, 7])('adds up the flights on %i ranks', async (ranks) => {
    expect(await lines(ranks, '01-array-sum.ts')).toEqual([
      'file   flight-delays.npy',
      'type   int16, shape 200000',
      `ranks  ${ranks}`,
      'count  200000',
      'sum    1500159',
      'mean   7.500795',
      'min    -86',
      'max    1444',
    ]);
  });

  test('adds up any other file, also with fewer elements than ranks, without losing a digit', async () => {
    const elements = BigInt64Array.of(2n ** 62n, 2n ** 62n, 2n ** 62n + 1n);
    await writeNpy('big.npy', "'<i8', 'fortran_order': False, 'shape': (3, 1)", elements);
    expect((await lines(4, '01-array-sum.ts', 'big.npy')).slice(1)).toEqual([
      'type   int64, shape 3 x 1',
      'ranks  4',
      'count  3',
      'sum    13835058055282163713',
      'mean   4611686018427388000',
      'min    4611686018427387904',
      'max    4611686018427387905',
    ]);
  });

  test('says that an empty array has no mean', async () => {
    await writeNpy('empty.npy', "'<f4', 'fortran_order': False, 'shape': (0,)", new Float32Array(0));
    expect((await lines(2, '01-array-sum.ts', 'empty.npy')).slice(3)).toEqual([
      'count  0',
      'sum    0',
      'mean   none',
      'min    none',
      'max    none',
    ]);
  });

  test('says once what is wrong with a file', async () => {
    await writeFile(join(folder, 'table.csv'), 'a,b,c\n');
    const { code, stdout, stderr } = await run(3, '01-array-sum.ts', 'table.csv');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.match(/NpyError/g)).toHaveLength(1);
    expect(stderr).toContain('rank 0 of 3 failed');
    expect(stderr).toContain('NpyError: table.csv is no NumPy file: it begins with "a,b,c');
  });
});

describe.each(RANKS)('on %i ranks', (ranks) => {
  test('02-hello.ts greets from each rank, in order', async () => {
    const greetings = await lines(ranks, '02-hello.ts');
    expect(greetings).toHaveLength(ranks);
    for (const [rank, line] of greetings.entries()) {
      expect(line).toMatch(new RegExp(`^Hello from rank ${rank} of ${ranks} on \\S+$`));
    }
  });

  test('03-ring.ts sends its token around', async () => {
    const route = [...Array(ranks).keys(), 0].join(' -> ');
    const sum = (ranks * (ranks - 1)) / 2;
    expect(await lines(ranks, '03-ring.ts')).toEqual([`The token went ${route}, the ranks add up to ${sum}`]);
  });

  test('04-ping-pong.ts prints a table, or says that it takes two', async () => {
    const printed = await lines(ranks, '04-ping-pong.ts');
    if (ranks === 1) {
      expect(printed).toEqual(['Ping-pong takes two: run it with tsrun -n 2.']);
    } else {
      const sizes = printed.slice(-4).map((line) => line.match(/^ +(\d+) +\d+\.\d +\d+\.\d$/)?.[1]);
      expect(sizes).toEqual(['8', '1024', '65536', '1048576']);
    }
  });

  test('05-pi.ts finds pi', async () => {
    expect(await lines(ranks, '05-pi.ts', '1000000')).toEqual([
      expect.stringMatching(/^pi is about 3\.14159265359\d \(error .*, 1000000 strips\)$/),
    ]);
  });

  test('06-scatter-gather.ts finds the longest Collatz sequence', async () => {
    const printed = await lines(ranks, '06-scatter-gather.ts');
    expect(printed).toHaveLength(ranks + 1);
    expect(printed.at(-1)).toBe('Below 1000000, 837799 takes longest: 524 steps');
  });

  test('07-matrix-vector.ts multiplies correctly', async () => {
    expect(await lines(ranks, '07-matrix-vector.ts', '301')).toEqual([
      expect.stringMatching(`^301 x 301 matrix times vector, ranks ${ranks}: correct in [\\d.]+ ms$`),
    ]);
  });

  test('08-heat.ts keeps all its heat', async () => {
    const printed = await lines(ranks, '08-heat.ts', `heat-${ranks}.png`, '100');
    expect(printed).toEqual([
      `640 x 320 points, 100 steps, ranks ${ranks}`,
      expect.stringMatching(/^heat 22400.000000 before, 22400.000000 after; hottest point 0\.\d+$/),
      `wrote heat-${ranks}.png`,
    ]);
  });

  test('09-failure.ts is reported once, at its line', async () => {
    const { code, stdout, stderr } = await run(ranks, '09-failure.ts');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`rank ${ranks - 1} of ${ranks} failed`);
    expect(stderr.match(/TypeError: rows is not iterable/g)).toHaveLength(1);
    expect(stderr).toMatch(/at partialSum \(.*09-failure\.ts:24:\d+\)/);
    expect(stderr).not.toContain('node:internal');
  });
});

test('the picture of 08-heat.ts is the same on every number of ranks', async () => {
  const pictures = await Promise.all(RANKS.map((ranks) => readFile(join(folder, `heat-${ranks}.png`))));
  for (const picture of pictures) expect(picture.equals(pictures[0]!)).toBe(true);
});

describe('10-halo-exchange.ts', () => {
  test.each([...RANKS, 6, 8])('plays Life over the borders of %i ranks', async (ranks) => {
    const [heading, ...board] = await lines(ranks, '10-halo-exchange.ts');
    expect(heading).toMatch(/^24 x 40 cells, 132 generations, \d x \d ranks$/);
    expect(board).toHaveLength(12);
    const alive = board.join('').replaceAll('█', '▀▄').match(/[▀▄]/g);
    expect(alive).toHaveLength(2 * 48 + 2 * 9);
  });
});

describe('11-manager-workers.ts', () => {
  test.each([...RANKS, 8])('draws the same picture with %i ranks', async (ranks) => {
    const printed = await lines(ranks, '11-manager-workers.ts');
    const shares = printed.at(-1)?.match(/^rows done by each worker:((?: \d+)+)$/)?.[1];
    expect(shares?.trim().split(' ').length).toBe(ranks === 1 ? undefined : ranks - 1);
    if (ranks === 1)
      expect(printed[0]).toBe('There are no workers, so the manager does it all: run it with tsrun -n 4.');
    expect(printed).toHaveLength(26);
    expect(printed.at(ranks === 1 ? -1 : -2)).toBe('24 rows of 211 to 1800313 steps');
  });
});

describe('12-graph-neighbours.ts', () => {
  test.each([...RANKS, 8, 17])('finds the same influence in %i parts as in one', async (ranks) => {
    const [, parts, ...rest] = await lines(ranks, '12-graph-neighbours.ts');
    expect(parts).toMatch(new RegExp(`^parts      ${ranks}, touching: `));
    expect(rest).toHaveLength(16);
    expect(rest.slice(0, 2)).toEqual(['rounds     89', expect.stringMatching(/^Medici {8}14.6 % {2}▪{29}$/)]);
  });
});

describe('13-simulate.ts', () => {
  const slowest = expect.stringMatching(/^ 1024 ranks {2}recursiveDoubling 724.3 us {2}▪+$/);

  test('runs a thousand ranks without a job', async () => {
    const tsx = createRequire(import.meta.url).resolve('tsx/cli');
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [tsx, join(examples, '13-simulate.ts')]);
    expect(stderr).toBe('');
    expect(stdout.trimEnd().split('\n')).toEqual(expect.arrayContaining(['allreduce of 64 KiB', slowest]));
  });

  test.each([1, 3])('takes the same virtual time in a job of %i', async (ranks) => {
    const printed = await lines(ranks, '13-simulate.ts');
    expect(printed).toHaveLength(11);
    expect(printed.at(-2)).toEqual(slowest);
  });
});

describe('docs/communicators.md', async () => {
  const text = await readFile(join(examples, '../docs/communicators.md'), 'utf8');
  const cases = text.split('\n## ').flatMap((section) => {
    const title = section.split('\n', 1)[0];
    const programs = section.matchAll(/```ts\n([\s\S]*?)```\n\n((?: {4}.*\n)+)/g);
    return [...programs].map(([, script, output]) => ({ title, script, output }));
  });

  test('has programs', () => expect(cases.length).toBeGreaterThan(8));

  test.each(cases)('the program in $title prints what stands below it', async ({ script = '', output = '' }) => {
    const file = join(folder, 'snippet.ts');
    await writeFile(file, script);
    const { code, stdout, stderr } = await tsrun(['-n', '4', file]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    // Ranks print in any order.
    const sorted = (printed: string[]) => printed.filter((line) => line !== '').sort();
    expect(sorted(stdout.split('\n'))).toEqual(sorted(output.split('\n').map((line) => line.slice(4))));
  });
});
