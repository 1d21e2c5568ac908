import { describe, expect, test } from 'vitest';
import { type Command, parseCommandLine } from '../../launcher/cli.ts';
import { LaunchFailure } from '../../launcher/failure.ts';
import { onThisMachine } from '../../launcher/placement/placement.ts';
import type { LaunchRequest, ProgramRequest } from '../../launcher/request.ts';

const parse = (line: string | string[], env: Record<string, string> = {}): Command =>
  parseCommandLine(typeof line === 'string' ? line.split(' ').filter(Boolean) : line, {
    cores: 3,
    env,
    hostname: 'here',
    readFile: () => '',
  });

function request(line: string | string[], env?: Record<string, string>): LaunchRequest {
  const command = parse(line, env);
  if (command.type !== 'run') throw new Error(command.type);
  return command.request;
}

const program: ProgramRequest = { script: 's.ts', args: [], ranks: 3, env: {}, workingDirectory: undefined };

/** What `ranks` ranks of one program on this machine come to. */
const ofProgram = (changes: Partial<ProgramRequest>): Partial<LaunchRequest> => {
  const ranks = changes.ranks ?? program.ranks;
  return { programs: [{ ...program, ...changes }], ranks, placement: onThisMachine('here', ranks) };
};

const defaults: LaunchRequest = {
  programs: [program],
  ranks: 3,
  placement: onThisMachine('here', 3),
  launcher: 'local',
  ssh: ['ssh'],
  fanOut: 32,
  sync: false,
  network: { interface: undefined, ports: undefined, tls: 'auto' },
  stdin: 0,
  prefix: 'auto',
  outputDirectory: undefined,
  timeout: undefined,
  transport: 'unix',
  inspectBase: undefined,
  inspectBreak: undefined,
  json: false,
  verbosity: 'normal',
};

test('a script alone runs once per core', () => {
  expect(request('s.ts')).toEqual(defaults);
});

test.each<[string, Partial<LaunchRequest>]>([
  ['-n 5', ofProgram({ ranks: 5 })],
  ['-n5', ofProgram({ ranks: 5 })],
  ['-n=5', ofProgram({ ranks: 5 })],
  ['-np 5', ofProgram({ ranks: 5 })],
  ['--np 5', ofProgram({ ranks: 5 })],
  ['--np=5', ofProgram({ ranks: 5 })],
  ['-n 2 -n 6', ofProgram({ ranks: 6 })],
  ['-x A=1 --env B=2=3 -x C=', ofProgram({ env: { A: '1', B: '2=3', C: '' } })],
  ['--wdir /tmp', ofProgram({ workingDirectory: '/tmp' })],
  ['--stdin 2', { stdin: 2 }],
  ['--stdin all', { stdin: 'all' }],
  ['--stdin none', { stdin: 'none' }],
  ['--prefix never', { prefix: 'never' }],
  ['--output-dir logs', { outputDirectory: 'logs' }],
  ['--timeout 2.5', { timeout: 2500 }],
  ['--transport tcp', { transport: 'tcp' }],
  ['--transport auto', {}],
  ['--launcher local', {}],
  ['--oversubscribe', {}],
  ['--inspect', { inspectBase: 9229 }],
  ['--inspect=7000', { inspectBase: 7000 }],
  ['--inspect-brk 1', { inspectBreak: 1 }],
  ['--json', { json: true }],
  ['-q', { verbosity: 'quiet' }],
  ['--verbose', { verbosity: 'verbose' }],
])('%s', (options, expected) => {
  expect(request(`${options} s.ts`)).toEqual({ ...defaults, ...expected });
});

test('options end at the script: what follows is its own', () => {
  expect(request(['-n', '2', 's.ts', '-n', '5', '--help', '--', '', '-x'])).toEqual({
    ...defaults,
    ...ofProgram({ ranks: 2, args: ['-n', '5', '--help', '--', '', '-x'] }),
  });
});

test('options end at --, which is no argument of the script', () => {
  expect(request(['--', 's.ts', '--', 'a'])).toEqual({ ...defaults, ...ofProgram({ args: ['--', 'a'] }) });
  expect(request(['--', '-odd.ts'])).toEqual({ ...defaults, ...ofProgram({ script: '-odd.ts' }) });
});

test('-x NAME passes on a variable that is set here', () => {
  expect(request('-x HERE s.ts', { HERE: 'yes' }).programs[0]!.env).toEqual({ HERE: 'yes' });
});

test('--help and --version need no script', () => {
  expect(parse('--help')).toEqual({ type: 'help' });
  expect(parse('-n 4 -h')).toEqual({ type: 'help' });
  expect(parse('--version')).toEqual({ type: 'version' });
});

describe('wrong usage is one line that says what would be right, and exit code 2', () => {
  test.each<[string, RegExp]>([
    ['', /^no script given: tsrun \[options\] script/],
    ['-n 4', /^no script given/],
    ['-n 0 s.ts', /^-n 0: the number of ranks is an integer, 1 or more$/],
    ['-n x s.ts', /^-n x: the number of ranks/],
    ['-n 1.5 s.ts', /^-n 1\.5: the number of ranks/],
    ['-n -1 s.ts', /^-n -1: the number of ranks/],
    ['-n', /^-n needs a value: -n N$/],
    ['--timout 3 s.ts', /^unknown option --timout: did you mean --timeout\?$/],
    ['--outputdir x s.ts', /did you mean --output-dir\?$/],
    ['--gibberish s.ts', /^unknown option --gibberish: tsrun --help lists the options$/],
    ['-z s.ts', /^unknown option -z/],
    ['--json=1 s.ts', /^--json takes no value$/],
    ['--stdin 3 s.ts', /^--stdin 3: the ranks of this job are 0 to 2$/],
    ['-n 1 --stdin 1 s.ts', /the only rank of this job is 0$/],
    ['--stdin some s.ts', /^--stdin some: give a rank, all or none$/],
    ['--prefix maybe s.ts', /^--prefix maybe: give auto, always or never$/],
    ['--transport pigeon s.ts', /^--transport pigeon: give auto, tcp or unix$/],
    ['--timeout 0 s.ts', /^--timeout 0: give seconds, more than 0/],
    ['--timeout 1e99 s.ts', /^--timeout 1e99: give seconds/],
    ['--timeout 9999999 s.ts', /less than 2147483$/],
    ['--inspect=65535 s.ts', /ports end at 65535, and 3 ranks need one each$/],
    ['--inspect=0 s.ts', /a port is an integer, 1 or more$/],
    ['--inspect-brk 3 s.ts', /the ranks of this job are 0 to 2$/],
    ['-x =1 s.ts', /^-x =1: give NAME=VALUE/],
    ['-x GONE s.ts', /^-x GONE: GONE is not set here; write -x GONE=VALUE$/],
    ['-x TSMPI_RANK=1 s.ts', /tsrun itself sets this variable$/],
    ['-q -v s.ts', /contradict/],
  ])('%s', (line, message) => {
    const failure = refusal(line);
    expect(failure.message).toMatch(message);
    expect(failure.message).not.toContain('\n');
    expect(failure.exitCode).toBe(2);
  });
});

describe('what the contract promises for later is refused by name, never ignored', () => {
  test.each([
    '-H a:4 s.ts',
    '--host a:4 s.ts',
    '--hostfile f s.ts',
    '--ppn 2 s.ts',
    '--map-by node s.ts',
    '--ssh plink s.ts',
    '--interface eth0 s.ts',
    '--port-range 1-2 s.ts',
    '--tls on s.ts',
    '--on-failure continue s.ts',
    '--max-restarts 3 s.ts',
    '--check s.ts',
    '--strict s.ts',
    '--transport shm s.ts',
    '--launcher ssh s.ts',
    '--launcher slurm s.ts',
    'doctor',
    'hosts -n 4',
    'manifest k8s',
    '-n 1 a.ts : -n 3 b.ts',
  ])('%s', (line) => {
    const { message, exitCode } = refusal(line);
    expect(message).toContain('is not available in this version');
    expect(exitCode).toBe(2);
  });

  test.each([
    { PMI_RANK: '0' },
    { OMPI_COMM_WORLD_RANK: '1' },
    { SLURM_STEP_NUM_TASKS: '4' },
    { RANK: '0', WORLD_SIZE: '2', MASTER_ADDR: 'a', MASTER_PORT: '1' },
  ])('being a task of another launcher: %j', (env: Record<string, string>) => {
    expect(refusal('s.ts', env).message).toMatch(/is not available in this version; with -n N, tsrun starts a job/);
    expect(request('-n 2 s.ts', env).ranks).toBe(2);
  });
});

function refusal(line: string, env?: Record<string, string>): LaunchFailure {
  try {
    parse(line, env);
  } catch (error) {
    if (error instanceof LaunchFailure) return error;
    throw error;
  }
  throw new Error(`accepted: ${line}`);
}
