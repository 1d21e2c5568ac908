import { describe, expect, test } from 'vitest';
import { type DoctorContext, runDoctor } from '../../../launcher/doctor/command.ts';
import type { Examiner } from '../../../launcher/doctor/examiner.ts';
import type { Facts } from '../../../launcher/doctor/facts.ts';
import { ExitCode, LaunchFailure } from '../../../launcher/failure.ts';
import { WELL } from './facts.ts';

/** Hosts that are not there: by name, what would be found on them, or why they are not reached. */
type World = Record<string, Partial<Facts> | string>;

interface Heard {
  code: number;
  text: string;
  /** What the examiners were asked, in order. */
  asked: string[];
}

async function doctor(line: string, world: World = {}, changes: Partial<DoctorContext> = {}): Promise<Heard> {
  const heard: Heard = { code: -1, text: '', asked: [] };
  const examinerOf = (name: string, facts: Partial<Facts>, index: number): Examiner => ({
    async facts({ towards }) {
      heard.asked.push(`facts of ${name}${towards === undefined ? '' : ` towards ${towards}`}`);
      const network = { ...WELL.network, address: `10.0.0.${index}` };
      return { ...WELL, hostname: name, network, ...facts };
    },
    clock: async () => Date.now(),
    async listen({ address, ports }) {
      heard.asked.push(`${name} listens at ${address}`);
      return { port: ports?.[0] ?? 4000 };
    },
    async dial(targets) {
      heard.asked.push(`${name} dials ${targets.map(({ address, port }) => `${address}:${port}`).join(' ')}`);
      return targets.map(() => null);
    },
    close: async () => void heard.asked.push(`good-bye ${name}`),
  });
  let index = 0;
  heard.code = await runDoctor(line.split(' ').filter(Boolean), {
    cores: 2,
    env: {},
    hostname: 'here',
    readFile: () => 'a slots=4\nb\n',
    columns: 100,
    workingDirectory: '/work',
    print: async (text) => void (heard.text += text),
    async open({ name }) {
      const facts = world[name] ?? {};
      if (typeof facts === 'string') throw new LaunchFailure(facts, ExitCode.LAUNCH);
      return examinerOf(name, facts, ++index);
    },
    ...changes,
  });
  return heard;
}

test('one machine is a list, and a verdict', async () => {
  const { code, text, asked } = await doctor('');
  expect(text).toBe(
    [
      'here',
      '  ok       Node.js          20.19.0',
      '  ok       tsmpi            0.1.0 on linux x64',
      '  ok       compiler         esbuild works',
      '  ok       tsx              works',
      '  ok       processors       8',
      '  ok       memory           16 GiB',
      '  ok       open files       1024',
      '  ok       temporary files  /tmp',
      '  ok       sockets          Unix sockets and loopback work',
      '  ok       shared memory    64 MiB are free in /dev/shm, for 74 ranks',
      '  ok       address          10.0.0.1 (eth0)',
      '',
      'nothing to mend',
      '',
    ].join('\n'),
  );
  expect(asked.filter((one) => one.startsWith('facts'))).toEqual(['facts of here']);
  expect(code).toBe(0);
});

test('what is to be mended stands below', async () => {
  const { code, text } = await doctor('-n 3', {
    here: { node: '18.1.0', processors: { usable: 2, quota: undefined } },
  });
  expect(text).toContain(
    '\n  problem  Node.js          18.1.0 is too old\n                            → install Node.js 20.19 or newer\n',
  );
  expect(text).toMatch(/^ {2}warning {2}processors {7}2, for 3 ranks$/m);
  expect(text).toMatch(/\n\n1 problem, 1 warning\n$/);
  expect(code).toBe(1);
});

test('warnings alone are no reason for an exit code', async () => {
  const { code, text } = await doctor('-n 9');
  expect(text).toMatch(/\n\n1 warning\n$/);
  expect(code).toBe(0);
});

test('each host is asked, every one dials the others, and all are left again', async () => {
  const { code, text, asked } = await doctor('-H here,a,b');
  expect(asked).toEqual([
    'facts of a',
    'facts of b',
    'facts of here towards 10.0.0.2',
    'here listens at 10.0.0.1',
    'a listens at 10.0.0.2',
    'b listens at 10.0.0.3',
    'here dials 10.0.0.2:4000 10.0.0.3:4000',
    'a dials 10.0.0.3:4000 10.0.0.1:4000',
    'b dials 10.0.0.1:4000 10.0.0.2:4000',
    'good-bye here',
    'good-bye a',
    'good-bye b',
  ]);
  expect(text).toMatch(/\n\nall hosts\n {2}ok {7}tsmpi/);
  expect(text).toContain('6 ways, all open');
  expect(code).toBe(0);
});

test('this machine is looked at also when no rank runs on it, but nobody has to reach it', async () => {
  const { text, asked } = await doctor('--hostfile F -n 4 --port-range 5000-5003');
  expect(text.split('\n').filter((line) => /^\S/.test(line))).toEqual([
    'here (this machine)',
    'a',
    'b',
    'all hosts',
    'nothing to mend',
  ]);
  expect(asked.filter((one) => /listens|dials/.test(one))).toEqual([
    'a listens at 10.0.0.2',
    'b listens at 10.0.0.3',
    'here (this machine) dials ',
    'a dials 10.0.0.3:5000',
    'b dials 10.0.0.2:5000',
  ]);
});

test('a host that is not reached is a problem, with what to do; the others are looked at', async () => {
  const { code, text } = await doctor('-H here,a,b', { a: 'it does not answer; is it up, and is there no firewall?' });
  expect(text).toMatch(
    /\na\n {2}problem {2}agent +it does not answer\n +→ is it up, and is there no firewall\?\n\nb\n/,
  );
  expect(text).toContain('2 ways, all open');
  expect(code).toBe(1);
});

test('with --json it is one document', async () => {
  const { code, text } = await doctor('--json -H here,a', { a: 'no; do this' });
  const document = JSON.parse(text);
  expect(document).toMatchObject({ problems: 1, warnings: 0, attempts: [], together: [] });
  expect(document.hosts.map(({ name, facts }: { name: string; facts: Facts | null }) => [name, facts?.node])).toEqual([
    ['here', '20.19.0'],
    ['a', undefined],
  ]);
  expect(document.hosts[1].findings).toEqual([{ level: 'problem', subject: 'agent', text: 'no', mend: 'do this' }]);
  expect(text.endsWith('}\n')).toBe(true);
  expect(code).toBe(1);
});

test('an allocation of Slurm is looked at without being named', async () => {
  const env = { SLURM_JOB_ID: '7', SLURM_JOB_NODELIST: 'n[1-2]', SLURM_TASKS_PER_NODE: '4(x2)' };
  const { text } = await doctor('', {}, { env });
  expect(
    text
      .split('\n')
      .filter((line) => /^\S/.test(line))
      .slice(0, 4),
  ).toEqual(['here (this machine)', 'n1', 'n2', 'all hosts']);
});

describe('wrong usage is refused with exit code 2:', () => {
  test.each([
    ['sum.ts', 'tsrun doctor sum.ts: it looks at machines, not at scripts; -H names hosts'],
    ['--jsn', 'unknown option --jsn: did you mean --json?'],
    ['--frobnicate', 'unknown option --frobnicate: tsrun doctor --help lists the options'],
    ['--timeout 3', 'unknown option --timeout'],
    ['-n 0', '-n 0: the number of ranks is an integer, 1 or more'],
    ['--port-range 5', '--port-range 5: give the first and the last port'],
    ['--interface 10.0.0.1', '--interface 10.0.0.1: give a network'],
    ['-H a,a', 'a is named twice'],
    ['--launcher slurm', '--launcher slurm: this is no allocation of Slurm'],
  ])('%s', async (line, message) => {
    const failure = await doctor(line).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(LaunchFailure);
    expect((failure as LaunchFailure).exitCode).toBe(2);
    expect((failure as LaunchFailure).message).toContain(message);
  });
});

test('the help lists the options', async () => {
  const { code, text } = await doctor('--help');
  for (const option of ['--host ', '--hostfile ', '--ssh ', '--json ', '--port-range ']) expect(text).toContain(option);
  expect(code).toBe(0);
});
