/** Splits a command line into tsrun's own options, the script and the script's arguments. Pure; what the values mean is cli.ts's business. */
import { ExitCode, LaunchFailure } from './failure.ts';
import { LATER, OPTIONS, type OptionSpec } from './options.ts';

export interface Scanned {
  /** In the order given. `value` is undefined for flags, and for an optional value left out. */
  readonly options: readonly { readonly name: string; readonly value: string | undefined }[];
  readonly script: string | undefined;
  readonly args: readonly string[];
}

/** The options of one command. */
export interface OptionTable {
  readonly options: readonly OptionSpec[];
  /** Refused by name, with what they belong to. */
  readonly later?: ReadonlyMap<string, string>;
  /** The command that lists the options. */
  readonly help: string;
}

const TSRUN: OptionTable = { options: OPTIONS, later: LATER, help: 'tsrun --help' };

/** Options end at the script, or at `--`: whatever follows the script is its own. */
export function scan(argv: readonly string[], table = TSRUN): Scanned {
  const options: { name: string; value: string | undefined }[] = [];
  let at = 0;
  for (; at < argv.length; at++) {
    const word = argv[at]!;
    if (word === '--') {
      at++;
      break;
    }
    if (!word.startsWith('-') || word === '-') break;
    const { spec, shown, attached } = parseWord(word, table);
    if (spec.value === undefined) {
      if (attached !== undefined) throw usage(`${shown} takes no value`);
      options.push({ name: spec.name, value: undefined });
    } else if (attached !== undefined || spec.optional) {
      options.push({ name: spec.name, value: attached });
    } else {
      const value = argv[++at];
      if (value === undefined) throw usage(`${shown} needs a value: ${shown} ${spec.value}`);
      options.push({ name: spec.name, value });
    }
  }
  return { options, script: argv[at], args: argv.slice(at + 1) };
}

/** `--name`, `--name=value`, `-n`, `-nvalue`, `-n=value`. */
function parseWord(
  word: string,
  table: OptionTable,
): { spec: OptionSpec; shown: string; attached: string | undefined } {
  const long = word.startsWith('--');
  const equals = word.indexOf('=');
  const end = long ? (equals < 0 ? word.length : equals) : 2;
  const name = word.slice(long ? 2 : 1, end);
  const shown = word.slice(0, end);
  // Old habits of mpirun: -np 4.
  const ranks = word === '-np' ? table.options.find((option) => option.name === 'np') : undefined;
  if (ranks !== undefined) return { spec: ranks, shown: word, attached: undefined };
  const spec = table.options.find((option) => (long ? option.name : option.short) === name);
  if (spec === undefined) throw unknown(name, shown, table);
  const rest = word.slice(end);
  const attached = rest === '' ? undefined : rest.startsWith('=') ? rest.slice(1) : rest;
  return { spec, shown, attached };
}

function unknown(name: string, shown: string, { options, later: refused, help }: OptionTable): LaunchFailure {
  const later = refused?.get(name);
  if (later !== undefined) return usage(`${shown} is not available in this version: ${later}`);
  const nearest = options
    .map((option) => ({ option, distance: editDistance(name, option.name) }))
    .sort((a, b) => a.distance - b.distance)
    .find(({ option, distance }) => distance <= Math.max(1, Math.floor(option.name.length / 3)));
  const hint = nearest === undefined ? `${help} lists the options` : `did you mean --${nearest.option.name}?`;
  return usage(`unknown option ${shown}: ${hint}`);
}

export function usage(message: string): LaunchFailure {
  return new LaunchFailure(message, ExitCode.USAGE);
}

/** Insertions, deletions and replacements between two words (Wagner and Fischer 1974). */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
