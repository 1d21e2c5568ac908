import { describe, expect, test } from 'vitest';
import { type Command, parseCommandLine } from '../../launcher/cli.ts';
import { LaunchFailure } from '../../launcher/failure.ts';
import { onThisMachine } from '../../launcher/placement/placement.ts';
import type { LaunchRequest, ProgramRequest } from '../../launcher/request.ts';

const FILES: Record<string, string> = {
  'hosts.txt': '\uFEFF# two hosts\r\na slots=2\r\n\r\nb:2  # the other\r\n',
  'twice.txt': 'a\nb\na slots=3\n',
};

const parse = (line: string | string[], env: Record<string, string> = {}): Command =>
  parseCommandLine(typeof line === 'string' ? line.split(' ').filter(Boolean) : line, {
    cores: 3,
    env,
    hostname: 'here',
    readFile: (path) => {
      const text = FILES[path];
      if (text === undefined) throw Object.assign(new Error('ENOENT: open'), { code: 'ENOENT', errno: -2 });
      return text;
    },
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
  transport: 'auto',
  model: 'auto',
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
  ['--transport unix', { transport: 'unix' }],
  ['--transport shm', { transport: 'shm' }],
  ['--model off', { model: 'off' }],
  ['--model here/m.json', { model: 'here/m.json' }],
  ['--launcher local', {}],
  ['--oversubscribe', {}],
  ['--launcher auto', {}],
  ['--tls on', { network: { interface: undefined, ports: undefined, tls: 'on' } }],
  ['--ppn 2', ofProgram({ ranks: 2 })],
  ['-n 2 --map-by node', ofProgram({ ranks: 2 })],
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
    ['--transport pigeon s.ts', /^--transport pigeon: give auto, tcp, unix or shm$/],
    ['--model= s.ts', /^--model "": give auto, off or the file that tsrun calibrate has written$/],
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
    ['-n 9999999 s.ts', /^9999999 ranks are too many: a job has 1048576 at most$/],
    ['-H a:999999999 s.ts', /^999999999 ranks are too many/],
    ['-H a:2,b:2 -n 5 s.ts', /^5 ranks are more than the 4 slots of 2 hosts; --oversubscribe allows it$/],
    ['-H a:2,,b s.ts', /^entry 2 of -H is empty: give hosts as a:4,b:4$/],
    ['-H a,b,A:2 s.ts', /^A is named twice, at entry 1 of -H and entry 3 of -H: name it once, as a:3$/],
    ['--hostfile twice.txt s.ts', /^a is named twice, at twice\.txt:1 and twice\.txt:3: name it once, as a:4$/],
    ['--hostfile gone.txt s.ts', /^--hostfile gone\.txt: no such file or directory$/],
    ['-H a --hostfile hosts.txt s.ts', /give one of them$/],
    ['--ppn 0 s.ts', /^--ppn 0: the number of ranks on each host is an integer, 1 or more$/],
    ['--ppn 2 -n 3 s.ts', /^--ppn 2: here can have 2 ranks like that, and this job has 3$/],
    ['--map-by core s.ts', /^--map-by core: give slot, node or ppr:N:node/],
    ['--map-by ppr:0:node s.ts', /^--map-by ppr:0:node: give slot, node or ppr:N:node, where N is the number of ranks/],
    ['--ppn 2 --map-by ppr:2:node s.ts', /give one of them$/],
    ['--interface eth0 s.ts', /^--interface is for jobs across hosts: name them with -H or --hostfile$/],
    ['--port-range 1-2 s.ts', /^--port-range is for jobs across hosts/],
    ['--ssh ssh s.ts', /^--ssh is for jobs across hosts/],
    ['--sync s.ts', /^--sync is for jobs across hosts/],
    ['--fan-out 2 s.ts', /^--fan-out is for jobs across hosts/],
    ['--ssh ssh -H here --launcher local s.ts', /^--ssh and --launcher local contradict each other$/],
    ['-H a --fan-out 0 s.ts', /^--fan-out 0: the number of connections is an integer, 1 or more$/],
    ['-H a:4,b:4 --port-range 50-52 s.ts', /^--port-range 50-52: too narrow for the 4 ranks of a, /],
    ['--tls maybe s.ts', /^--tls maybe: give auto, on or off$/],
    ['--launcher pbs s.ts', /^--launcher pbs: give auto, local, ssh or slurm$/],
    ['--launcher ssh s.ts', /^--launcher ssh: name the hosts with -H or --hostfile$/],
    ['--launcher slurm s.ts', /^--launcher slurm: this is no allocation of Slurm; begin one with salloc or sbatch/],
    ['--launcher local -H here,b s.ts', /^--launcher local: b \(entry 2 of -H\) is not this machine/],
    ['-n 2 hosts', /^hosts stands before the options: tsrun hosts …; a script of that name is \.\/hosts$/],
    ['-n 2 a.ts : b.ts', /^program 2 of 2 has no -n: /],
    ['a.ts : -n 1 b.ts', /^program 1 of 2 has no -n: /],
    ['-n 1 a.ts :', /^program 2 of 2 has no script: tsrun -n 1 a\.ts : -n 3 b\.ts$/],
    ['-n 1 : -n 1 b.ts', /^program 1 of 2 has no script/],
    ['-n 1 a.ts : : -n 1 b.ts', /^program 2 of 3 has no script/],
    ['hosts -n 1 a.ts : -n 1', /^program 2 of 2 has no script/],
    [
      '-n 1 a.ts : -n 1 --timeout 3 b.ts',
      /^--timeout is for the whole job: give it before the first program; -n, -x and/,
    ],
    ['-n 1 a.ts : -n 1 -h b.ts', /^--help is for the whole job/],
  ])('%s', (line, message) => {
    const failure = refusal(line);
    expect(failure.message).toMatch(message);
    expect(failure.message).not.toContain('\n');
    expect(failure.exitCode).toBe(2);
  });
});

describe('what the contract promises for later is refused by name, never ignored', () => {
  test.each(['--on-failure continue s.ts', '--max-restarts 3 s.ts', '--check s.ts', '--strict s.ts'])('%s', (line) => {
    const { message, exitCode } = refusal(line);
    expect(message).toContain('is not available in this version');
    expect(exitCode).toBe(2);
  });
});

/** Ranks by host. */
function plan(line: string, env?: Record<string, string>): Record<string, readonly number[]> {
  return Object.fromEntries(request(line, env).placement.hosts.map(({ name, ranks }) => [name, ranks]));
}

describe('jobs across hosts', () => {
  test('-H places the ranks, and ssh starts those that are elsewhere', () => {
    const { placement, launcher, ssh, fanOut, sync, ranks } = request('-H here:2,b:2 s.ts');
    expect(placement).toEqual({
      hosts: [
        { name: 'here', slots: 2, local: true, ranks: [0, 1] },
        { name: 'b', slots: 2, local: false, ranks: [2, 3] },
      ],
      ranks: [
        { host: 0, localRank: 0, program: 0 },
        { host: 0, localRank: 1, program: 0 },
        { host: 1, localRank: 0, program: 0 },
        { host: 1, localRank: 1, program: 0 },
      ],
    });
    expect({ launcher, ssh, fanOut, sync, ranks }).toEqual({
      launcher: 'ssh',
      ssh: ['ssh'],
      fanOut: 32,
      sync: false,
      ranks: 4,
    });
  });

  test.each<[string, Record<string, readonly number[]>]>([
    ['-H a,b s.ts', { a: [0], b: [1] }],
    ['-H a,b -n 5 s.ts', { a: [0, 1, 2], b: [3, 4] }],
    ['-H a -H b:2 s.ts', { a: [0], b: [1, 2] }],
    ['-Ha:2 s.ts', { a: [0, 1] }],
    ['--host=a:2 s.ts', { a: [0, 1] }],
    ['--hostfile hosts.txt s.ts', { a: [0, 1], b: [2, 3] }],
    ['--hostfile hosts.txt -n 1 s.ts', { a: [0] }],
    ['--hostfile hosts.txt --map-by node s.ts', { a: [0, 2], b: [1, 3] }],
    ['--hostfile hosts.txt --ppn 1 s.ts', { a: [0], b: [1] }],
    ['--hostfile hosts.txt -n 6 --oversubscribe s.ts', { a: [0, 1, 2], b: [3, 4, 5] }],
    ['-H a,b --map-by ppr:2:node s.ts', { a: [0, 1], b: [2, 3] }],
    ['-H localhost s.ts', { localhost: [0, 1, 2] }],
    ['-H localhost:4 s.ts', { localhost: [0, 1, 2, 3] }],
  ])('%s', (line, expected) => {
    expect(plan(line)).toEqual(expected);
  });

  test.each<[string, Partial<LaunchRequest>]>([
    ['--sync', { sync: true }],
    ['--fan-out 4', { fanOut: 4 }],
    ['--interface eth0', { network: { interface: 'eth0', ports: undefined, tls: 'auto' } }],
    ['--port-range 5000-5009', { network: { interface: undefined, ports: [5000, 5009], tls: 'auto' } }],
    ['--tls off', { network: { interface: undefined, ports: undefined, tls: 'off' } }],
    ['--launcher ssh', { launcher: 'ssh' }],
  ])('%s', (options, expected) => {
    expect(request(`-H a:2,b:2 ${options} s.ts`)).toMatchObject(expected);
  });

  test('--ssh is a command with its first arguments', () => {
    expect(request(['-H', 'a', '--ssh', 'ssh -p 2222', 's.ts']).ssh).toEqual(['ssh', '-p', '2222']);
  });

  test('options between hosts hold for hosts that turn out to be this machine', () => {
    expect(request('-H here --interface eth0 --sync s.ts')).toMatchObject({ launcher: 'local', sync: true });
  });
});

describe('an allocation of Slurm', () => {
  const env = { SLURM_JOB_ID: '7', SLURM_JOB_NODELIST: 'n[1-2]', SLURM_TASKS_PER_NODE: '2(x2)' };

  test('gives hosts, slots and the launcher', () => {
    const { placement, launcher } = request('s.ts', env);
    expect(placement.hosts).toEqual([
      { name: 'n1', slots: 2, local: false, ranks: [0, 1] },
      { name: 'n2', slots: 2, local: false, ranks: [2, 3] },
    ]);
    expect(launcher).toBe('slurm');
  });

  test('gives the number of ranks it was asked for', () => {
    expect(plan('s.ts', { ...env, SLURM_NTASKS: '3' })).toEqual({ n1: [0, 1], n2: [2] });
    expect(plan('--ppn 1 s.ts', { ...env, SLURM_NTASKS: '3' })).toEqual({ n1: [0], n2: [1] });
    expect(plan('-n 1 s.ts', { ...env, SLURM_NTASKS: '3' })).toEqual({ n1: [0] });
  });

  test('is left alone by a task of a step and by a rank, whose -n is a job on their machine', () => {
    const task = { ...env, SLURM_STEP_ID: '0', SLURM_PROCID: '1', SLURM_STEP_NUM_TASKS: '2' };
    expect(plan('-n 2 s.ts', task)).toEqual({ here: [0, 1] });
    expect(plan('-n 2 s.ts', { ...env, TSMPI_RANK: '0' })).toEqual({ here: [0, 1] });
    expect(plan('s.ts', { ...env, TSMPI_RANK: '0' })).toEqual({ here: [0, 1, 2] });
    expect(plan('-n 2 --launcher slurm s.ts', task)).toEqual({ n1: [0, 1] });
  });

  test('is one for the script of a batch job and for an interactive shell', () => {
    expect(request('s.ts', { ...env, SLURM_PROCID: '0', SLURM_STEP_ID: '4294967291' }).launcher).toBe('slurm');
    expect(request('s.ts', { ...env, SLURM_PROCID: '0', SLURM_STEP_ID: '4294967290' }).launcher).toBe('slurm');
  });
});

describe('several programs', () => {
  test('share the ranks in order, with arguments, variables and folders of their own', () => {
    const line = '-x A=1 -n 1 --timeout 9 --stdin 3 a.ts -v : -n 2 --wdir /b -x B=2 b.ts -- x : -n 1 -- c.ts';
    const { programs, ranks, timeout, stdin, placement } = request(line);
    expect(programs).toEqual([
      { script: 'a.ts', args: ['-v'], ranks: 1, env: { A: '1' }, workingDirectory: undefined },
      { script: 'b.ts', args: ['--', 'x'], ranks: 2, env: { B: '2' }, workingDirectory: '/b' },
      { script: 'c.ts', args: [], ranks: 1, env: {}, workingDirectory: undefined },
    ]);
    expect({ ranks, timeout, stdin }).toEqual({ ranks: 4, timeout: 9000, stdin: 3 });
    expect(placement.ranks.map(({ program }) => program)).toEqual([0, 1, 1, 2]);
  });

  test('share the slots of the hosts', () => {
    expect(plan('-H a:2,b:2 -n 1 a.ts : -n 3 b.ts')).toEqual({ a: [0, 1], b: [2, 3] });
  });
});

describe('a task of another launcher', () => {
  const env = { PMI_RANK: '1', PMI_SIZE: '4' };

  test('becomes that rank', () => {
    const command = parse('-v -x A=1 --stdin 3 --interface eth0 s.ts x', env);
    if (command.type !== 'guest') throw new Error(command.type);
    expect(command.task).toMatchObject({ launcher: 'mpiexec', rank: 1, size: 4 });
    expect(command.request).toMatchObject({
      programs: [{ script: 's.ts', args: ['x'], ranks: 4, env: { A: '1' } }],
      ranks: 4,
      placement: onThisMachine('here', 1),
      launcher: 'local',
      stdin: 3,
      verbosity: 'verbose',
    });
  });

  test('starts a job of its own with -n', () => {
    expect(plan('-n 2 s.ts', env)).toEqual({ here: [0, 1] });
    expect(plan('-n 2 -H a s.ts', env)).toEqual({ a: [0, 1] });
  });

  test.each([
    '-H a s.ts',
    '--hostfile hosts.txt s.ts',
    '--ppn 2 s.ts',
    '--map-by node s.ts',
    '--launcher local s.ts',
    '--ssh ssh s.ts',
    '--sync s.ts',
    '--oversubscribe s.ts',
    '--fan-out 2 s.ts',
  ])('cannot ask for what is decided: %s', (line) => {
    const { message, exitCode } = refusal(line, env);
    expect(message).toMatch(
      /^--[a-z-]+ is nothing for a task of mpiexec, .* rank 1 of 4 \(PMI_RANK is set\); with -n N, /,
    );
    expect(exitCode).toBe(2);
  });

  test('has no model', () => {
    const message = '--model: the table chooses algorithms where mpiexec starts the ranks; with -n N, ';
    expect(refusal('--model off s.ts', env).message).toContain(message);
  });

  test('needs a script, and to know which task it is', () => {
    expect(refusal('', env).message).toMatch(/^no script given/);
    expect(refusal('s.ts', { PMI_RANK: '4', PMI_SIZE: '4' }).message).toMatch(
      /^mpiexec seems to have started .* PMI_RANK=4 is no rank of PMI_SIZE=4 tasks; with -n N, /,
    );
    expect(refusal('hosts', env).message).toMatch(/^tsrun hosts: .* mpiexec's choice/);
  });
});

describe('words in the place of a script', () => {
  test('hosts shows a plan, with or without a script', () => {
    expect(parse('hosts -n 2')).toMatchObject({ type: 'hosts', request: { ranks: 2, programs: [{ script: '' }] } });
    expect(parse('hosts -H a,b s.ts x')).toMatchObject({ type: 'hosts', request: { programs: [{ args: ['x'] }] } });
    expect(parse('hosts --json')).toMatchObject({ type: 'hosts', request: { json: true } });
    expect(parse('hosts -n 1 a.ts : -n 1 b.ts')).toMatchObject({ type: 'hosts', request: { ranks: 2 } });
    expect(parse('hosts --help')).toEqual({ type: 'help' });
  });

  test('calibrate, doctor and manifest have words of their own', () => {
    expect(parse('calibrate --json a')).toEqual({ type: 'calibrate', args: ['--json', 'a'] });
    expect(parse('doctor -x --json a')).toEqual({ type: 'doctor', args: ['-x', '--json', 'a'] });
    expect(parse('manifest k8s -n 4')).toEqual({ type: 'manifest', args: ['k8s', '-n', '4'] });
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
