import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type CalibrateContext, runCalibrate } from '../../../launcher/calibrate/command.ts';
import type { Measured } from '../../../launcher/calibrate/file.ts';
import { LaunchFailure } from '../../../launcher/failure.ts';
import { scripts } from '../../helpers/scripts.ts';
import { samplesOf } from './measured.ts';

const machine = { cpu: 'Some CPU', cores: 3 };

/** Without a job: what would be run, printed and said. */
async function calibrate(line: string, changes: Partial<CalibrateContext> = {}) {
  const heard = { code: -1, text: '', told: '', jobs: [] as string[] };
  heard.code = await runCalibrate(line.split(' ').filter(Boolean), {
    env: {},
    hostname: 'here',
    readFile: () => 'a slots=4\nb\n',
    columns: 100,
    machine,
    print: async (text) => void (heard.text += text),
    tell: (text) => void (heard.told += text),
    async run(options) {
      heard.jobs.push(options.join(' '));
      return samplesOf(Number(options[1]), machine.cores);
    },
    ...changes,
  });
  return heard;
}

const LOCAL = ['shm', 'unix', 'tcp'].flatMap((kind) => [2, 3, 6].map((ranks) => `-n ${ranks} --transport ${kind}`));

test('one machine is measured over each kind of link, by two ranks, by one a processor, and by more', async () => {
  const env = { XDG_CACHE_HOME: scripts({}) };
  const { code, text, told, jobs } = await calibrate('', { env });
  expect({ code, told, jobs }).toEqual({ code: 0, told: '', jobs: LOCAL });
  const path = join(env.XDG_CACHE_HOME, 'tsmpi/calibration-here.json');
  const measured = JSON.parse(readFileSync(path, 'utf8')) as Measured;
  expect(measured).toMatchObject({ format: 1, ...machine, node: process.versions.node, between: {} });
  expect(Object.keys(measured.within)).toEqual(['shm', 'unix', 'tcp']);
  expect(text).toBe(
    [
      '3 x Some CPU; adding float64: 10.0 GB/s, to new memory and its place: 3.33 GB/s',
      '',
      '          8 B  overhead   asking  to 64 KiB     longer',
      'shm   5.00 us   1.00 us  8.00 us  10.0 GB/s  5.00 GB/s',
      'unix  5.00 us   1.00 us  8.00 us  10.0 GB/s  5.00 GB/s',
      'tcp   5.00 us   1.00 us  8.00 us  10.0 GB/s  5.00 GB/s',
      '',
      'all ranks at once    message   asking  to 64 KiB     longer',
      ...['shm', 'unix', 'tcp'].flatMap((kind) => [
        `${`${kind}, up to 3 ranks`.padEnd(19)}  2.00 us  8.00 us  10.0 GB/s  5.00 GB/s`,
        `${`${kind}, more`.padEnd(19)}  5.00 us  8.00 us  10.0 GB/s  5.00 GB/s`,
      ]),
      '',
      `written to ${path}`,
      '',
    ].join('\n'),
  );
});

test('between two hosts it is measured without TLS and with it, and kept when nobody names hosts any more', async () => {
  const path = join(scripts({}), 'm.json');
  const { jobs } = await calibrate(`-H a:4,b,c --ssh fake --port-range 5000-5001 -o ${path}`);
  const way = '--ssh fake --port-range 5000-5001';
  expect(jobs).toEqual([...LOCAL, `-n 2 -H a:1,b:1 --tls off ${way}`, `-n 2 -H a:1,b:1 --tls on ${way}`]);
  const { text } = await calibrate(`--json -o ${path}`);
  expect(Object.keys((JSON.parse(text) as Measured).between)).toEqual(['tcp', 'tls']);
  const other = await calibrate(`--json -o ${path}`, { machine: { ...machine, cpu: 'Another' } });
  expect((JSON.parse(other.text) as Measured).between).toEqual({});
});

test('a kind of link that does not work here is left out, with the reason', async () => {
  const path = join(scripts({}), 'm.json');
  const { code, told, text } = await calibrate(`--json -o ${path}`, {
    async run(options) {
      if (options.includes('shm')) throw new LaunchFailure('no shared memory', 1);
      return samplesOf();
    },
  });
  expect({ code, told }).toEqual({ code: 0, told: 'tsrun: shm is left out: no shared memory\n' });
  expect(Object.keys((JSON.parse(text) as Measured).within)).toEqual(['unix', 'tcp']);
});

test.each([
  ['script.ts', 'tsrun calibrate script.ts: it runs a script of its own; -H names hosts'],
  ['-H a', '--host is for what is between hosts: name two of them with -H or --hostfile'],
  ['--ssh x', '--ssh is for what is between hosts: name two of them with -H or --hostfile'],
  ['--hosts a', 'unknown option --hosts: did you mean --host?'],
  ['-o /proc/nowhere/m.json', '/proc/nowhere/m.json: no such file or directory; --output names another file'],
])('%s is refused', async (line, message) => {
  await expect(calibrate(line)).rejects.toThrow(message);
});

test('nothing is written where nothing can be measured', async () => {
  const run = async () => {
    throw new LaunchFailure('no room');
  };
  await expect(calibrate('', { run })).rejects.toThrow('tsrun calibrate: nothing could be measured');
});

test('--help says what it is for', async () => {
  const { text, jobs } = await calibrate('--help');
  expect(text).toMatch(/tsrun calibrate \[options\][\s\S]*--output[\s\S]*Exit code/);
  expect(jobs).toEqual([]);
});
