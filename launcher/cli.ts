/** Command line → {@link LaunchRequest}. Pure: what it needs to know of the machine is handed in, so tables can test it. */
import { LATER_COMMANDS } from './options.ts';
import { onThisMachine } from './placement/placement.ts';
import type { LaunchRequest, ProgramRequest } from './request.ts';
import { scan, usage } from './scan.ts';

export type Command =
  | { readonly type: 'run'; readonly request: LaunchRequest }
  | { readonly type: 'help' }
  | { readonly type: 'version' };

export interface CommandContext {
  /** The default number of ranks. */
  readonly cores: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of this machine. */
  readonly hostname: string;
  /** @throws what Node does. */
  readonly readFile: (path: string) => string;
}

/** Node's own. */
const DEFAULT_INSPECT_BASE = 9229;

/** What another launcher sets in its tasks, all of it, by the name of that launcher. */
const GUEST_MARKS: readonly (readonly [launcher: string, ...variables: string[]])[] = [
  ['mpiexec', 'PMI_RANK'],
  ['mpirun', 'OMPI_COMM_WORLD_RANK'],
  ['mpirun', 'PMIX_RANK'],
  ['srun', 'SLURM_STEP_NUM_TASKS'],
  ['another launcher', 'RANK', 'WORLD_SIZE', 'MASTER_ADDR', 'MASTER_PORT'],
];

/** @throws LaunchFailure with exit code 2 and one line that says what is wrong and what would be right. */
export function parseCommandLine(argv: readonly string[], { cores, env, hostname }: CommandContext): Command {
  const { options, script, args } = scan(argv);
  const given = new Map(options.map(({ name, value }) => [name, value]));
  if (given.has('help')) return { type: 'help' };
  if (given.has('version')) return { type: 'version' };
  if (script === undefined || script === '')
    throw usage('no script given: tsrun [options] script [arguments…]; tsrun --help says more');
  if (LATER_COMMANDS.includes(script)) {
    throw usage(`tsrun ${script} is not available in this version (a script of that name: ./${script})`);
  }
  if (args.includes(':')) throw usage('":" is not available in this version: a job has one program');
  if (!given.has('np')) refuseGuests(env);
  const ranks = given.has('np') ? integer('-n', given.get('np')!, 1, 'the number of ranks') : cores;
  oneOf('--launcher', given.get('launcher') ?? 'auto', ['auto', 'local']);
  if (given.has('quiet') && given.has('verbose')) throw usage('-q and -v contradict each other: give one of them');
  const inspectBreak = given.has('inspect-brk')
    ? rankNumber('--inspect-brk', given.get('inspect-brk')!, ranks)
    : undefined;
  const program: ProgramRequest = {
    script,
    args,
    ranks,
    env: variables(
      options.filter(({ name }) => name === 'env').map(({ value }) => value!),
      env,
    ),
    workingDirectory: given.get('wdir'),
  };
  const request: LaunchRequest = {
    programs: [program],
    ranks,
    placement: onThisMachine(hostname, ranks),
    launcher: 'local',
    ssh: ['ssh'],
    fanOut: 32,
    sync: false,
    network: { interface: undefined, ports: undefined, tls: 'auto' },
    stdin: stdinTarget(given.get('stdin') ?? '0', ranks),
    prefix: oneOf('--prefix', given.get('prefix') ?? 'auto', ['auto', 'always', 'never']),
    outputDirectory: given.get('output-dir'),
    timeout: given.has('timeout') ? seconds(given.get('timeout')!) : undefined,
    transport: transport(given.get('transport') ?? 'auto'),
    inspectBase: given.has('inspect') ? inspectBase(given.get('inspect'), ranks) : undefined,
    inspectBreak,
    json: given.has('json'),
    verbosity: given.has('quiet') ? 'quiet' : given.has('verbose') ? 'verbose' : 'normal',
  };
  return { type: 'run', request };
}

function refuseGuests(env: CommandContext['env']): void {
  const [launcher, ...variables] = GUEST_MARKS.find(([, ...names]) => names.every((name) => env[name])) ?? [];
  if (launcher === undefined) return;
  throw usage(
    `${launcher} seems to have started this tsrun (${variables.join(', ')} ${variables.length > 1 ? 'are' : 'is'} set), and joining ` +
      'its job is not available in this version; with -n N, tsrun starts a job of its own on this machine',
  );
}

function integer(option: string, text: string, least: number, what: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < least) {
    throw usage(`${option} ${shown(text)}: ${what} is an integer, ${least} or more`);
  }
  return value;
}

function rankNumber(option: string, text: string, ranks: number): number {
  const rank = integer(option, text, 0, 'a rank');
  if (rank >= ranks) throw usage(`${option} ${text}: ${ranksAre(ranks)}`);
  return rank;
}

function ranksAre(ranks: number): string {
  return ranks === 1 ? 'the only rank of this job is 0' : `the ranks of this job are 0 to ${ranks - 1}`;
}

function stdinTarget(text: string, ranks: number): number | 'all' | 'none' {
  if (text === 'all' || text === 'none') return text;
  if (!/^\d+$/.test(text)) throw usage(`--stdin ${shown(text)}: give a rank, all or none`);
  return rankNumber('--stdin', text, ranks);
}

function seconds(text: string): number {
  const value = /^\d+(\.\d*)?$|^\.\d+$/.test(text) ? Number(text) : 0;
  // The longest time that a timer of Node can wait is 2**31 - 1 ms.
  if (value <= 0 || value * 1000 >= 2 ** 31) {
    throw usage(`--timeout ${shown(text)}: give seconds, more than 0 and less than ${Math.floor(2 ** 31 / 1000)}`);
  }
  return value * 1000;
}

function transport(text: string): 'unix' | 'tcp' {
  if (text === 'shm') throw usage('--transport shm is not available in this version: give auto, tcp or unix');
  const choice = oneOf('--transport', text, ['auto', 'tcp', 'unix']);
  return choice === 'auto' ? 'unix' : choice;
}

function inspectBase(text: string | undefined, ranks: number): number {
  const base = text === undefined ? DEFAULT_INSPECT_BASE : integer('--inspect', text, 1, 'a port');
  if (base + ranks - 1 > 65535) throw usage(`--inspect ${base}: ports end at 65535, and ${ranks} ranks need one each`);
  return base;
}

function oneOf<const T extends string>(option: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  if (option === '--launcher' && ['ssh', 'slurm'].includes(text)) {
    throw usage(`--launcher ${text} is not available in this version: it belongs to jobs across hosts`);
  }
  throw usage(`${option} ${shown(text)}: give ${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`);
}

/** `NAME=VALUE`, or `NAME` for the value that tsrun itself sees. */
function variables(texts: readonly string[], env: CommandContext['env']): Record<string, string> {
  const result: Record<string, string> = {};
  for (const text of texts) {
    const equals = text.indexOf('=');
    const name = equals < 0 ? text : text.slice(0, equals);
    if (name === '') throw usage(`-x ${shown(text)}: give NAME=VALUE, or NAME for a variable that is set`);
    if (name.startsWith('TSMPI_') && name !== 'TSMPI_ALGORITHMS')
      throw usage(`-x ${name}: tsrun itself sets this variable`);
    const value = equals < 0 ? env[name] : text.slice(equals + 1);
    if (value === undefined) throw usage(`-x ${name}: ${name} is not set here; write -x ${name}=VALUE`);
    result[name] = value;
  }
  return result;
}

function shown(text: string): string {
  return /^[^\s"']+$/.test(text) ? text : JSON.stringify(text);
}
