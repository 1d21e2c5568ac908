/** The options of `tsrun calibrate`, as data: those that name the hosts of a job mean here what they mean there. */
import { OPTIONS, type OptionSpec } from '../options.ts';

/** Passed on to the jobs between hosts. */
export const BETWEEN_HOSTS = ['ssh', 'interface', 'port-range'];
const SHARED = ['host', 'hostfile', 'launcher', ...BETWEEN_HOSTS];

export const CALIBRATE_OPTIONS: readonly OptionSpec[] = [
  ...OPTIONS.filter(({ name }) => SHARED.includes(name)),
  {
    name: 'output',
    short: 'o',
    value: 'FILE',
    group: 'Output',
    help: 'where to keep what was measured, for --model FILE (default: where tsrun looks for it)',
  },
  { name: 'json', group: 'Output', help: 'prints the file in the place of the table' },
  { name: 'help', short: 'h', group: 'About', help: 'shows this' },
];
