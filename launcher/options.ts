/** The options of `tsrun` as data: the scanner, the help and the suggestions read the same table. */

export interface OptionSpec {
  readonly name: string;
  readonly short?: string;
  /** What the value is called in the help; none: a flag. */
  readonly value?: string;
  /** The value may be left out, and is given with `=` only. */
  readonly optional?: true;
  /** The heading in the help. */
  readonly group: string;
  readonly help: string;
}

export const OPTIONS: readonly OptionSpec[] = [
  { name: 'np', short: 'n', value: 'N', group: 'Ranks', help: 'how many ranks (default: one per core)' },
  { name: 'env', short: 'x', value: 'NAME[=VALUE]', group: 'Ranks', help: 'sets a variable in every rank; repeatable' },
  { name: 'wdir', value: 'DIR', group: 'Ranks', help: 'the working directory of the ranks' },
  { name: 'oversubscribe', group: 'Ranks', help: 'more ranks than cores (on this machine always allowed)' },
  {
    name: 'stdin',
    value: 'RANK|all|none',
    group: 'Input and output',
    help: 'who reads the standard input (default: 0)',
  },
  {
    name: 'prefix',
    value: 'auto|always|never',
    group: 'Input and output',
    help: 'puts [rank] before each line (auto: on a terminal, with more than one rank)',
  },
  {
    name: 'output-dir',
    value: 'DIR',
    group: 'Input and output',
    help: 'also writes rank-0003.out and rank-0003.err, a pair for each rank',
  },
  { name: 'json', group: 'Input and output', help: 'prints one JSON event a line instead of the output itself' },
  { name: 'quiet', short: 'q', group: 'Input and output', help: 'nothing from tsrun itself: the exit code says it' },
  { name: 'verbose', short: 'v', group: 'Input and output', help: 'says what happens when' },
  {
    name: 'timeout',
    value: 'SECONDS',
    group: 'Running',
    help: 'ends the job with exit code 124, saying where every rank was',
  },
  {
    name: 'transport',
    value: 'auto|tcp|unix',
    group: 'Running',
    help: 'what carries messages between ranks (auto: unix)',
  },
  { name: 'launcher', value: 'auto|local', group: 'Running', help: 'how ranks are started (auto: local)' },
  {
    name: 'inspect',
    value: 'BASE',
    optional: true,
    group: 'Debugging',
    help: 'rank r listens for a debugger on port BASE + r (default: 9229)',
  },
  {
    name: 'inspect-brk',
    value: 'RANK',
    group: 'Debugging',
    help: 'this rank waits for its debugger before its first line',
  },
  { name: 'help', short: 'h', group: 'About', help: 'shows this' },
  { name: 'version', group: 'About', help: 'shows the version' },
];

const ACROSS_HOSTS = 'it belongs to jobs across hosts';

/** Options of the contract that this version cannot honour yet: refused by name, never ignored. The text says what they belong to. */
export const LATER: ReadonlyMap<string, string> = new Map([
  ['host', ACROSS_HOSTS],
  ['H', ACROSS_HOSTS],
  ['hostfile', ACROSS_HOSTS],
  ['ppn', ACROSS_HOSTS],
  ['map-by', ACROSS_HOSTS],
  ['ssh', ACROSS_HOSTS],
  ['interface', ACROSS_HOSTS],
  ['port-range', ACROSS_HOSTS],
  ['tls', ACROSS_HOSTS],
  ['on-failure', 'a lost rank always ends the job'],
  ['max-restarts', 'a lost rank always ends the job'],
  ['check', 'there is no more checking than what is always done'],
  ['strict', 'there are no warnings that could become failures'],
]);

/** Words of the contract that stand in the script's place. */
export const LATER_COMMANDS: readonly string[] = ['doctor', 'hosts', 'manifest'];
