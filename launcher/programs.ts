/** The programs of a command line: `tsrun -n 1 a.ts : -n 3 b.ts`. Pure. */
import { FOR_RANKS } from '../src/contract/environment.ts';
import type { Env } from '../src/contract/outer.ts';
import { Given } from './given.ts';
import { OPTIONS } from './options.ts';
import type { ProgramRequest } from './request.ts';
import { type Scanned, scan, usage } from './scan.ts';
import { integer, shown } from './values.ts';

/** At least one. Behind a script, a word `:` begins the next program: it cannot be an argument. */
export function scanPrograms(argv: readonly string[]): [Scanned, ...Scanned[]] {
  const { options, script, args } = scan(argv);
  const words = script === undefined ? [] : [script, ...args];
  const colon = words.indexOf(':');
  if (colon < 0) return [{ options, script, args }];
  const own = words.slice(0, colon);
  const next = scanPrograms(words.slice(colon + 1));
  const shared = next[0].options.find(({ name }) => !OPTIONS.some((spec) => spec.name === name && spec.perProgram));
  if (shared !== undefined) {
    throw usage(
      `--${shared.name} is for the whole job: give it before the first program; -n, -x and --wdir are each program's own`,
    );
  }
  return [{ options, script: own[0], args: own.slice(1) }, ...next];
}

/** How many ranks each program has; undefined: there is only one, and nobody said. */
export function ranksOf(programs: readonly Scanned[]): (number | undefined)[] {
  return programs.map((program, index) => {
    const ranks = new Given(program).get('np');
    if (ranks !== undefined) return integer('-n', ranks, 1, 'the number of ranks');
    if (programs.length === 1) return undefined;
    throw usage(
      `program ${index + 1} of ${programs.length} has no -n: where there are several, each says how many ranks run it`,
    );
  });
}

export function programRequest(program: Scanned, ranks: number, env: Env): ProgramRequest {
  const given = new Given(program);
  return {
    script: program.script ?? '',
    args: program.args,
    ranks,
    env: variables(given.all('env'), env),
    workingDirectory: given.get('wdir'),
  };
}

/** `NAME=VALUE`, or `NAME` for the value that tsrun itself sees. */
function variables(texts: readonly string[], env: Env): Record<string, string> {
  const result: Record<string, string> = {};
  for (const text of texts) {
    const equals = text.indexOf('=');
    const name = equals < 0 ? text : text.slice(0, equals);
    if (name === '') throw usage(`-x ${shown(text)}: give NAME=VALUE, or NAME for a variable that is set`);
    if (name.startsWith('TSMPI_') && !FOR_RANKS.includes(name))
      throw usage(`-x ${name}: tsrun itself sets this variable`);
    const value = equals < 0 ? env[name] : text.slice(equals + 1);
    if (value === undefined) throw usage(`-x ${name}: ${name} is not set here; write -x ${name}=VALUE`);
    result[name] = value;
  }
  return result;
}
