/** Which variables of tsrun's own environment go to the ranks of other hosts, on top of the environment that they find there. */
import { FOR_RANKS } from '../../src/contract/environment.ts';

/** What steers Node and the output, and means the same on every host; `LC_` stands for all that begin with it. `-x` adds others. */
export const REMOTE_VARIABLES: readonly string[] = [
  'NODE_ENV',
  'NODE_OPTIONS',
  'NODE_EXTRA_CA_CERTS',
  'NODE_NO_WARNINGS',
  'NO_COLOR',
  'FORCE_COLOR',
  'TZ',
  'LANG',
  'LANGUAGE',
  'LC_',
  ...FOR_RANKS,
];

export function remoteEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const listed = (name: string): boolean =>
    REMOTE_VARIABLES.some((one) => (one.endsWith('_') ? name.startsWith(one) : name === one));
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => listed(entry[0]) && entry[1] !== undefined),
  );
}
