import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cacheFile, FORMAT, type Measured, readMeasured, writeMeasured } from '../../../launcher/calibrate/file.ts';
import { modelFor } from '../../../launcher/calibrate/for-job.ts';
import { parseCommandLine } from '../../../launcher/cli.ts';
import type { LaunchRequest } from '../../../launcher/request.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { randomCalibration } from '../../helpers/calibration.ts';
import { scripts } from '../../helpers/scripts.ts';

const machine = { cpu: 'Some CPU', cores: 4 };
const random = seededRandom(7);
const [tcp, unix, shm] = [1, 2, 3].map(() => randomCalibration(random));
const MEASURED: Measured = {
  format: FORMAT,
  tsmpi: '0.1.0',
  node: '20.19.0',
  ...machine,
  date: '2026-01-02T03:04:05.000Z',
  reading: tcp!.reading,
  within: { tcp: tcp!.within, unix: unix!.within, shm: shm!.within },
  between: { tcp: tcp!.between, tls: unix!.between },
};

function request(line: string): LaunchRequest {
  const context = { cores: 4, env: {}, hostname: 'here', readFile: () => '' };
  const command = parseCommandLine([...line.split(' ').filter(Boolean), 's.ts'], context);
  if (command.type !== 'run') throw new Error(command.type);
  return command.request;
}

/** A cache that has this in it. */
function cacheWith(content: unknown): { env: { XDG_CACHE_HOME: string }; path: string } {
  const env = { XDG_CACHE_HOME: scripts({}) };
  const path = cacheFile(env, hostname());
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return { env, path };
}

const { cores } = machine;
const { reading } = MEASURED;

describe('a job gets the parameters of its links', () => {
  test.each([
    ['-n 4', { within: shm!.within }, 'shm'],
    ['-n 4 --transport shm', { within: shm!.within }, 'shm'],
    ['-n 4 --transport unix', { within: unix!.within }, 'unix'],
    ['-n 4 --transport tcp', { within: tcp!.within }, 'tcp'],
    ['-H a:1,b:1', { between: unix!.between }, 'tls between hosts'],
    ['-H a:1,b:1 --tls off', { between: tcp!.between }, 'tcp between hosts'],
    ['-H a:2,b:1 --tls off', { within: shm!.within, between: tcp!.between }, 'shm and tcp between hosts'],
  ])('%s', (line, links, kinds) => {
    const { env, path } = cacheWith(MEASURED);
    expect(modelFor(request(line), env, machine)).toEqual({
      calibration: { cores, reading, ...links },
      note: `the model chooses algorithms: ${kinds}, measured 2026-01-02T03:04:05.000Z (${path})`,
    });
  });

  test('those of Unix sockets, where shared memory could not be measured', () => {
    const { env } = cacheWith({ ...MEASURED, within: { unix: unix!.within } });
    expect(modelFor(request('-n 2'), env, machine).calibration?.within).toEqual(unix!.within);
  });
});

describe('the table chooses, and -v says why,', () => {
  test.each([
    ['without a file', undefined, 'it is not there'],
    ['where it is no JSON', '{"format":1,', 'it is no JSON'],
    ['where it is something else', [], 'it is nothing that tsrun calibrate has written'],
    ['where it is of another version', { ...MEASURED, format: 2 }, 'its format is 2, and not 1'],
    ['where something is missing', { ...MEASURED, reading: {} }, 'it is nothing that tsrun calibrate has written'],
    [
      'where a number is none',
      { ...MEASURED, between: { tcp: { ...tcp!.between, bandwidth: 0 } } },
      'it is nothing that tsrun calibrate has written',
    ],
    ['where it is of another machine', { ...MEASURED, cores: 64 }, 'it is of a machine with 64 of Some CPU'],
  ])('%s', (_, content, reason) => {
    const { env, path } =
      content === undefined ? { env: { XDG_CACHE_HOME: '/nowhere' }, path: '' } : cacheWith(content);
    const where = path === '' ? cacheFile(env, hostname()) : path;
    expect(modelFor(request('-n 2'), env, machine)).toEqual({
      calibration: undefined,
      note: `the table chooses algorithms: ${where}: ${reason}; tsrun calibrate writes it`,
    });
  });

  test('where the file is too large to be one of ours', () => {
    const { env } = cacheWith(' '.repeat(2 ** 20 + 1));
    expect(modelFor(request('-n 2'), env, machine).note).toContain('it is too large');
  });

  test.each([
    ['-n 4 --model off', '--model off'],
    ['-n 1', 'there is one rank'],
  ])('with %s', (line, reason) => {
    const { env } = cacheWith(MEASURED);
    const note = `the table chooses algorithms: ${reason}`;
    expect(modelFor(request(line), env, machine)).toEqual({ calibration: undefined, note });
  });

  test('where the links of the job were not measured', () => {
    const { env, path } = cacheWith({ ...MEASURED, between: {} });
    const note = `the table chooses algorithms: ${path} has nothing about the links of this job`;
    for (const line of ['-H a:1,b:1', '-n 2 --transport tcp --tls on']) {
      expect(modelFor(request(line), env, machine)).toEqual({ calibration: undefined, note });
    }
  });
});

test('a file that is named may be of another machine, and is refused where it is no use', () => {
  const { path } = cacheWith(MEASURED);
  const env = { XDG_CACHE_HOME: '/nowhere' };
  const elsewhere = { cpu: 'Another', cores: 1 };
  expect(modelFor(request(`-n 2 --model ${path}`), env, elsewhere).calibration?.within).toEqual(shm!.within);
  const { path: broken } = cacheWith('no');
  expect(() => modelFor(request(`-n 2 --model ${broken}`), env, machine)).toThrow(`--model ${broken}: it is no JSON`);
});

test('a file is written in one step, with its folder', () => {
  const path = join(scripts({}), 'a/b/c.json');
  for (const cpu of ['one', 'other']) {
    writeMeasured(path, { ...MEASURED, cpu });
    expect(readMeasured(path)).toEqual({ ...MEASURED, cpu });
  }
  expect(readdirSync(dirname(path))).toEqual(['c.json']);
});

test.each([
  [{ XDG_CACHE_HOME: '/cache' }, 'node 1/x', '/cache/tsmpi/calibration-node_1_x.json'],
  // The specification wants it absolute, and anything else ignored.
  [{ XDG_CACHE_HOME: 'cache' }, 'a', expect.stringMatching(/^\/.*\/\.cache\/tsmpi\/calibration-a\.json$/)],
])('the place of the cache with %j', (env, host, path) => {
  expect(cacheFile(env, host)).toEqual(path);
});
