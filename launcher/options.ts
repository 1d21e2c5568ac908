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
  /** Each program of a job may have its own; the others stand before the first program. */
  readonly perProgram?: true;
  readonly help: string;
}

export const OPTIONS: readonly OptionSpec[] = [
  {
    name: 'np',
    short: 'n',
    value: 'N',
    group: 'Job',
    perProgram: true,
    help: 'how many ranks (default: the slots of the hosts; without hosts, one per core)',
  },
  {
    name: 'env',
    short: 'x',
    value: 'NAME[=VALUE]',
    group: 'Job',
    perProgram: true,
    help: 'sets a variable in every rank; repeatable',
  },
  { name: 'wdir', value: 'DIR', group: 'Job', perProgram: true, help: 'the working directory of the ranks' },
  {
    name: 'timeout',
    value: 'SECONDS',
    group: 'Job',
    help: 'ends the job with exit code 124, saying where every rank was',
  },
  {
    name: 'host',
    short: 'H',
    value: 'a:4,b:4',
    group: 'Hosts',
    help: 'hosts, each with its slots: how many ranks it is meant for',
  },
  {
    name: 'hostfile',
    value: 'FILE',
    group: 'Hosts',
    help: 'a host a line: name, name:4 or name slots=4; # comments',
  },
  { name: 'ppn', value: 'N', group: 'Hosts', help: 'at most N ranks on each host' },
  {
    name: 'map-by',
    value: 'slot|node|ppr:N:node',
    group: 'Hosts',
    help: 'fills host after host, deals ranks out in turn, or puts exactly N on each host (default: slot)',
  },
  {
    name: 'oversubscribe',
    group: 'Hosts',
    help: 'allows more ranks than the slots that were given',
  },
  {
    name: 'launcher',
    value: 'auto|local|ssh|slurm',
    group: 'Hosts',
    help: 'how hosts are reached (auto: by srun in a Slurm allocation, else by ssh)',
  },
  { name: 'ssh', value: 'COMMAND', group: 'Hosts', help: 'the ssh command and its first arguments (default: ssh)' },
  { name: 'sync', group: 'Hosts', help: "copies the script's project folder to the same place on the hosts" },
  {
    name: 'fan-out',
    value: 'N',
    group: 'Hosts',
    help: 'how many hosts one host starts; those start the next (default: 32)',
  },
  {
    name: 'interface',
    value: 'NAME|CIDR',
    group: 'Network',
    help: 'between hosts, as eth0 or 10.0.0.0/24 (default: what leads to tsrun)',
  },
  {
    name: 'port-range',
    value: 'A-B',
    group: 'Network',
    help: 'where ranks listen for other hosts (default: any port)',
  },
  {
    name: 'tls',
    value: 'auto|on|off',
    group: 'Network',
    help: 'encrypts every TCP connection, or none (auto: between hosts)',
  },
  {
    name: 'transport',
    value: 'auto|tcp|unix|shm',
    group: 'Network',
    help: 'what connects ranks of one host (auto: shm, shared memory, where that works, else unix)',
  },
  {
    name: 'model',
    value: 'auto|off|FILE',
    group: 'Network',
    help: 'what chooses algorithms of collectives (auto: what tsrun calibrate has measured, else a table)',
  },
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
  {
    name: 'quiet',
    short: 'q',
    group: 'Input and output',
    help: 'no report of how the job ended: the exit code says it',
  },
  { name: 'verbose', short: 'v', group: 'Input and output', help: 'says what happens when' },
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

/** Options of the contract that this version cannot honour yet: refused by name, never ignored. The text says what they belong to. */
export const LATER: ReadonlyMap<string, string> = new Map([
  ['on-failure', 'a lost rank always ends the job'],
  ['max-restarts', 'a lost rank always ends the job'],
  ['check', 'there is no more checking than what is always done'],
  ['strict', 'there are no warnings that could become failures'],
]);
