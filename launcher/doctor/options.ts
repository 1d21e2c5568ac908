/** The options of `tsrun doctor`, as data: those that name the hosts of a job mean here what they mean there. */
import { OPTIONS, type OptionSpec } from '../options.ts';

const SHARED = ['np', 'host', 'hostfile', 'launcher', 'ssh', 'interface', 'port-range'];

export const DOCTOR_OPTIONS: readonly OptionSpec[] = [
  ...OPTIONS.filter(({ name }) => SHARED.includes(name)),
  { name: 'json', group: 'Output', help: 'prints everything that was found as one JSON document' },
  { name: 'help', short: 'h', group: 'About', help: 'shows this' },
];
