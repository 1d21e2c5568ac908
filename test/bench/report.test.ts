import { describe, expect, test } from 'vitest';
import type { Result } from '../../bench/lib/result.ts';
import { judge } from '../../bench/report/goals.ts';
import { markdownOf, markdownTable, placed } from '../../bench/report/markdown.ts';
import { geometricMean, pointsOf, ratio, rowsOf } from '../../bench/report/ratios.ts';
import { regressions, regressionTable } from '../../bench/report/regressions.ts';
import type { Run } from '../../bench/report/run.ts';
import { figureTables, ratioTables, textTable } from '../../bench/report/tables.ts';
import { formatByteRate, formatMemory, formatMessageRate, formatTime } from '../../bench/report/units.ts';

const MIB = 2 ** 20;

/** Every system's result where all else is the same; the figure is the median time in microseconds. */
function results(about: Partial<Result>, times: Readonly<Record<string, number>>): Result[] {
  return Object.entries(times).map(([system, p50]) => ({
    ...{ bench: 'latency', ranks: 2, transport: 'tcp', samples: 100, min: p50, p50, p99: p50, max: p50, mean: p50 },
    ...about,
    system,
  }));
}

function run(results: readonly Result[]): Run {
  const systems = { tsmpi: 'tsmpi', openmpi: 'Open MPI 4.1.4', mpich: 'MPICH 4.0.2', mpi4py: 'mpi4py 3.1.4' };
  const machine = { cpu: 'Z80', cores: 2, memoryGiB: 1, kernel: 'Linux 6', load: 0, node: 'v20', commit: 'abc' };
  return { startedAt: '2026-11-21T10:00:00Z', machine, options: ['--peers', '--json', 'a.json'], systems, results };
}

describe('ratios', () => {
  test('hold tsmpi against the better of the peers, at each point by itself', () => {
    const points = pointsOf([
      ...results({ bytes: 8 }, { tsmpi: 4, openmpi: 5, mpich: 2, sockets: 1 }),
      ...results({ bytes: MIB }, { tsmpi: 100, openmpi: 50, mpich: 200 }),
    ]);
    expect(points.map((point) => ratio(point, ['openmpi', 'mpich']))).toEqual([0.5, 0.5]);
    expect(points.map((point) => ratio(point, ['openmpi']))).toEqual([1.25, 0.5]);
    expect(points.map((point) => ratio(point, ['mpi4py']))).toEqual([undefined, undefined]);
  });

  test('are those of rates where there are rates, whatever the median', () => {
    const rate = (system: string, messagesPerSecond: number, p50: number) =>
      results({ bench: 'message-rate', bytes: 8, messagesPerSecond }, { [system]: p50 });
    const [point] = pointsOf([...rate('tsmpi', 3e6, 100), ...rate('openmpi', 1e6, 1)]);
    expect(ratio(point!, ['openmpi'])).toBe(3);
  });

  test('are of the same ranks, transport, size and variant only', () => {
    const [ours] = results({ bytes: 8, variant: 'window 64' }, { tsmpi: 4 });
    const other = [{ bytes: 16 }, { ranks: 4 }, { transport: 'shm' }, { variant: 'window 16' }];
    const theirs = other.flatMap((about) => results({ bytes: 8, variant: 'window 64', ...about }, { openmpi: 4 }));
    expect(pointsOf([ours!, ...theirs])).toEqual([]);
  });

  test('have a geometric mean', () => {
    expect(geometricMean([2, 0.5])).toBeCloseTo(1);
    expect(geometricMean([1, 10, 100])).toBeCloseTo(10);
    expect(() => geometricMean([])).toThrow(RangeError);
  });

  test('make one row of all sizes, though the window is another, and two of two windows', () => {
    const both = { tsmpi: 1, openmpi: 1 };
    const points = pointsOf([
      ...results({ bench: 'bandwidth', variant: 'window 64', bytes: 8 }, both),
      ...results({ bench: 'bandwidth', variant: 'window 16', bytes: MIB }, both),
      ...results({ bench: 'message-rate', variant: 'window 64', bytes: 8 }, both),
      ...results({ bench: 'message-rate', variant: 'window 1024', bytes: 8 }, both),
    ]);
    expect(rowsOf(points).map(({ bench, variant, points }) => [bench, variant, points.length])).toEqual([
      ['bandwidth', undefined, 2],
      ['message-rate', 'window 64', 1],
      ['message-rate', 'window 1024', 1],
    ]);
  });
});

describe('goals', () => {
  const verdict = (some: readonly Result[], what: string) =>
    judge(pointsOf(some)).find((verdict) => verdict.what.startsWith(what));

  test.each([
    [8, 0.9, 4, 3.5, true],
    [8, 0.9, 4, 3.7, false],
    [MIB, 1, 100, 99, true],
    [MIB, 1, 100, 101, false],
  ])('the time of latency of %i B is at most %f of that of the better', (bytes, _, theirs, ours, reached) => {
    const some = results({ bytes }, { tsmpi: ours, openmpi: theirs, mpich: 2 * theirs });
    expect(verdict(some, `latency of ${bytes === 8 ? '8 B' : '1 MiB'}`)).toMatchObject({ reached });
  });

  test('the mean of collectives makes up for a bad point, and the bad point is named', () => {
    const some = [
      ...results({ bench: 'allreduce', bytes: 8 }, { tsmpi: 1, openmpi: 9 }),
      ...results({ bench: 'bcast', bytes: MIB, ranks: 4 }, { tsmpi: 2, openmpi: 1 }),
    ];
    expect(verdict(some, 'allreduce, bcast')).toMatchObject({ figure: '2.12', reached: true });
    expect(verdict(some, 'the worst')).toMatchObject({ figure: '0.50 (bcast 1 MiB on 4 ranks)', reached: false });
  });

  test('what was not measured is neither reached nor missed', () => {
    const some = results({ bytes: 8 }, { tsmpi: 1, openmpi: 9 });
    expect(verdict(some, 'an empty job')).toMatchObject({ figure: undefined, reached: undefined });
    expect(judge(pointsOf(results({ bytes: 8 }, { tsmpi: 1 })))).toEqual([]);
  });

  test('an empty job may take twice the time of mpi4py', () => {
    const start = (ours: number) => results({ bench: 'startup', ranks: 32 }, { tsmpi: ours, mpi4py: 1e6, openmpi: 1 });
    expect(verdict(start(1.9e6), 'an empty job')).toMatchObject({ figure: '1.90', reached: true });
    expect(verdict(start(2.1e6), 'an empty job')).toMatchObject({ figure: '2.10', reached: false });
  });
});

describe('tables', () => {
  const some = run([
    ...results({ bytes: 8 }, { tsmpi: 4, openmpi: 2, mpich: 8 }),
    ...results({ bytes: MIB }, { tsmpi: 100, openmpi: 200, mpich: 400 }),
    ...results({ bench: 'objects', variant: 'tally' }, { tsmpi: 10, mpi4py: 30 }),
  ]);

  test('of ratios have a column for each size, the mean, the worst and each peer', () => {
    const [table] = ratioTables(some);
    expect(table!.head.slice(3)).toEqual([
      ...['8 B', '1 MiB', 'mean', 'worst'],
      ...['mean: Open MPI 4.1.4', 'mean: MPICH 4.0.2', 'mean: mpi4py 3.1.4'],
    ]);
    expect(table!.rows).toEqual([
      ['latency', '2', '', '0.50', '2.00', '1.00', '0.50', '1.00', '2.83', ''],
      ['objects', '2', 'tally', '', '', '', '', '', '', '3.00'],
    ]);
  });

  test('of figures have a column for each system and leave out what nobody has', () => {
    expect(textTable(figureTables(some)[0]!).split('\n')).toEqual([
      'Over tcp: what was measured',
      'bench    ranks  what    size    tsmpi  Open MPI 4.1.4  MPICH 4.0.2  mpi4py 3.1.4',
      'latency      2           8 B  4.00 us         2.00 us      8.00 us',
      'latency      2         1 MiB   100 us          200 us       400 us',
      'objects      2  tally         10.0 us                                    30.0 us',
    ]);
  });

  test('are Markdown with numbers to the right and without empty columns', () => {
    const table = {
      title: 'A',
      head: ['what', 'empty', 'figure'],
      rows: [
        ['a', '', '1'],
        ['b', '', ''],
      ],
    };
    expect(markdownTable(table)).toBe('| what | figure |\n| --- | --: |\n| a | 1 |\n| b |  |');
  });

  test('come with machine, date, commit and the command, and go into the place that is marked for them', () => {
    const report = markdownOf(some);
    expect(report).toMatch(
      /^Measured on 2026-11-21 by `npm run bench -- --peers`: Z80, 2 cores, .* commit abc, load 0.00\./,
    );
    expect(report).toContain('| tcp | latency of 8 B | at most 0.90 of the time of the better C MPI | 2.00 | missed |');
    const first = placed(report, 'a.md', undefined);
    const inside = `# Title\n\n${first}\nmore\n`;
    const again = placed('new', 'a.md', inside);
    expect(again).toMatch(/^# Title\n\n<!-- bench.* -->\n\nnew\n\n<!-- bench.* -->\n\nmore\n$/);
    expect(() => placed(report, 'a.md', '# Title\n')).toThrow('a.md is there already: put these two lines');
  });
});

describe('regressions', () => {
  const before = [...results({ bytes: 8 }, { tsmpi: 10, openmpi: 10 }), ...results({ bytes: 64 }, { tsmpi: 10 })];

  test('are what takes longer than the threshold, of the same system, the worst first', () => {
    const now = [
      ...results({ bytes: 8 }, { tsmpi: 12, openmpi: 30 }),
      ...results({ bytes: 64 }, { tsmpi: 10.9 }),
      ...results({ bytes: 512 }, { tsmpi: 99 }),
    ];
    const worse = regressions(before, now, 10);
    expect(regressionTable(worse, 10).rows).toEqual([
      ['openmpi latency 8 2 tcp', '10.0 us', '30.0 us', '+200 %'],
      ['tsmpi latency 8 2 tcp', '10.0 us', '12.0 us', '+20 %'],
    ]);
    expect(regressions(before, now, 5)).toHaveLength(3);
    expect(textTable(regressionTable([], 10))).toBe('Worse by more than 10 %\nnothing');
  });
});

test.each([
  [formatTime, 0.0666, '66.6 ns'],
  [formatTime, 4.2, '4.20 us'],
  [formatTime, 999.6, '1.00 ms'],
  [formatTime, 2.5e6, '2.50 s'],
  [formatByteRate, 0.25, '250 kB/s'],
  [formatByteRate, 12_345, '12.3 GB/s'],
  [formatMessageRate, 2_345_678, '2.35 M/s'],
  [formatMemory, 5.5 * MIB, '5.50 MiB'],
])('%o says %f as %s', (format, value, text) => {
  expect(format(value)).toBe(text);
});
