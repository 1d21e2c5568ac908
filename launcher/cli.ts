/** Command line → {@link Command}. Pure: what it needs to know of the machine is handed in, so tables can test it. */
import { type OuterTask, outerTask } from '../src/contract/outer.ts';
import { Given } from './given.ts';
import { checkGuest } from './guest-task.ts';
import { findHosts, type HostContext, type Site } from './placement/hosts.ts';
import { parseMapping } from './placement/mapping.ts';
import { defaultRanks, place } from './placement/place.ts';
import { onThisMachine, type Placement } from './placement/placement.ts';
import { programRequest, ranksOf, scanPrograms } from './programs.ts';
import type { LaunchRequest, NetworkRequest } from './request.ts';
import { type Scanned, usage } from './scan.ts';
import * as values from './values.ts';

export type Command =
  | { readonly type: 'run'; readonly request: LaunchRequest }
  /** This tsrun is one task of another launcher's. The request has one program, run by `task.size` ranks, of which one is placed: here. */
  | { readonly type: 'guest'; readonly request: LaunchRequest; readonly task: OuterTask }
  /** Shows the plan. A job of one program needs no script for that: its script is empty then. */
  | { readonly type: 'hosts'; readonly request: LaunchRequest }
  /** With the words that follow. */
  | { readonly type: 'calibrate' | 'doctor' | 'manifest'; readonly args: readonly string[] }
  | { readonly type: 'help' }
  | { readonly type: 'version' };

export interface CommandContext extends HostContext {
  /** Of this machine: the default number of ranks on it. */
  readonly cores: number;
}

/** They stand first, before any option. */
const WORDS = ['calibrate', 'doctor', 'hosts', 'manifest'];
const BETWEEN_HOSTS = ['interface', 'port-range', 'ssh', 'sync', 'fan-out'];
/** Plans are made for every rank before any is started: a slip of the finger must not fill the memory. */
const MOST_RANKS = 2 ** 20;
/** Node's own. */
const DEFAULT_INSPECT_BASE = '9229';
const DEFAULT_FAN_OUT = 32;

/** @throws LaunchFailure with exit code 2 and one line that says what is wrong and what would be right. */
export function parseCommandLine(argv: readonly string[], context: CommandContext): Command {
  const [word, ...rest] = argv;
  if (word === 'calibrate' || word === 'doctor' || word === 'manifest') return { type: word, args: rest };
  const type = word === 'hosts' ? 'hosts' : 'run';
  const programs = scanPrograms(type === 'hosts' ? rest : argv);
  const given = new Given(programs[0]);
  if (given.has('help')) return { type: 'help' };
  if (given.has('version')) return { type: 'version' };
  if (type === 'run' || programs.length > 1) requireScripts(programs);
  const ranks = ranksOf(programs);
  const outer = ranks[0] === undefined ? outerTask(context.env) : undefined;
  if (outer !== undefined) {
    if (type === 'hosts')
      throw usage(`tsrun hosts: what runs where is ${outer.launcher}'s choice here; -n N asks for a plan`);
    const task = checkGuest(outer, given, programs);
    const here = { placement: onThisMachine(context.hostname, 1), launcher: 'local' as const };
    return { type: 'guest', task, request: assemble(programs, [task.size], here, context.env) };
  }
  const mapping = parseMapping(given.get('ppn'), given.get('map-by'), given.has('oversubscribe'));
  const site = findHosts(
    {
      launcher: values.oneOf('--launcher', given.get('launcher') ?? 'auto', ['auto', 'local', 'ssh', 'slurm']),
      lists: given.all('host'),
      files: given.all('hostfile'),
    },
    context,
  );
  checkSite(site, given);
  const counts = ranks.map((count) => count ?? defaultRanks(site, mapping, context.cores));
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total > MOST_RANKS) throw usage(`${total} ranks are too many: a job has ${MOST_RANKS} at most`);
  const placement = place(site.hosts, counts, mapping);
  return { type, request: assemble(programs, counts, { placement, launcher: site.launcher }, context.env) };
}

function requireScripts(programs: readonly Scanned[]): void {
  const missing = programs.findIndex(({ script }) => script === undefined || script === '');
  if (missing >= 0 && programs.length > 1) {
    throw usage(`program ${missing + 1} of ${programs.length} has no script: tsrun -n 1 a.ts : -n 3 b.ts`);
  }
  if (missing >= 0) throw usage('no script given: tsrun [options] script [arguments…]; tsrun --help says more');
  const word = WORDS.find((name) => programs.some(({ script }) => script === name));
  if (word === undefined) return;
  throw usage(`${word} stands before the options: tsrun ${word} …; a script of that name is ./${word}`);
}

/** Options that would have no effect are refused. */
function checkSite({ chosen, launcher }: Site, given: Given): void {
  const idle = chosen ? undefined : BETWEEN_HOSTS.find((name) => given.has(name));
  if (idle !== undefined) throw usage(`--${idle} is for jobs across hosts: name them with -H or --hostfile`);
  if (!given.has('ssh')) return;
  const asked = given.get('launcher');
  if (asked === 'local' || asked === 'slurm') throw usage(`--ssh and --launcher ${asked} contradict each other`);
  if (launcher === 'slurm')
    throw usage('--ssh: in an allocation of Slurm, srun reaches the hosts; --launcher ssh changes that');
}

function assemble(
  programs: readonly Scanned[],
  counts: readonly number[],
  { placement, launcher }: Pick<LaunchRequest, 'placement' | 'launcher'>,
  env: CommandContext['env'],
): LaunchRequest {
  const given = new Given(programs[0]!);
  const ranks = counts.reduce((sum, count) => sum + count, 0);
  if (given.has('quiet') && given.has('verbose')) throw usage('-q and -v contradict each other: give one of them');
  const inspectBreak = given.get('inspect-brk');
  const fanOut = given.get('fan-out');
  const timeout = given.get('timeout');
  return {
    programs: programs.map((program, index) => programRequest(program, counts[index]!, env)),
    ranks,
    placement,
    launcher,
    ssh: values.commandWords('--ssh', given.get('ssh') ?? 'ssh'),
    fanOut:
      fanOut === undefined ? DEFAULT_FAN_OUT : values.integer('--fan-out', fanOut, 1, 'the number of connections'),
    sync: given.has('sync'),
    network: networkOf(given, placement),
    stdin: values.stdinTarget(given.get('stdin') ?? '0', ranks),
    prefix: values.oneOf('--prefix', given.get('prefix') ?? 'auto', ['auto', 'always', 'never']),
    outputDirectory: given.get('output-dir'),
    timeout: timeout === undefined ? undefined : values.timeLimit(timeout),
    transport: values.transport(given.get('transport') ?? 'auto'),
    model: values.model(given.get('model') ?? 'auto'),
    inspectBase: given.has('inspect')
      ? values.inspectBase(given.get('inspect') ?? DEFAULT_INSPECT_BASE, ranks)
      : undefined,
    inspectBreak: inspectBreak === undefined ? undefined : values.rankNumber('--inspect-brk', inspectBreak, ranks),
    json: given.has('json'),
    verbosity: given.has('quiet') ? 'quiet' : given.has('verbose') ? 'verbose' : 'normal',
  };
}

function networkOf(given: Given, { hosts }: Placement): NetworkRequest {
  const range = given.get('port-range');
  const name = given.get('interface');
  const ports = range === undefined ? undefined : values.portRange(range);
  const full = ports && hosts.length > 1 && hosts.find(({ ranks }) => ranks.length > ports[1] - ports[0] + 1);
  if (full) {
    throw usage(
      `--port-range ${range}: too narrow for the ${full.ranks.length} ranks of ${full.name}, which need a port each`,
    );
  }
  return {
    interface: name === undefined ? undefined : values.networkInterface(name),
    ports,
    tls: values.oneOf('--tls', given.get('tls') ?? 'auto', ['auto', 'on', 'off']),
  };
}
