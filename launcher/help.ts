/** `--help`, rendered by yargs from the option tables. Imported when asked for: yargs takes 50 ms to load. */
import yargs from 'yargs';
import { OPTIONS, type OptionSpec } from './options.ts';

export interface HelpPage {
  /** What stands above the options. */
  readonly usage: string;
  readonly options: readonly OptionSpec[];
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  /** What stands below. */
  readonly epilogue: string;
}

const TSRUN: HelpPage = {
  usage: 'tsrun [options] script [arguments…]\n\nStarts a TypeScript or JavaScript program as N processes, its ranks.',
  options: OPTIONS,
  examples: [
    ['tsrun -n 4 sum.ts data.npy', 'four ranks; data.npy is an argument of the script'],
    ['tsrun -n 4 --prefix always ring.ts', 'every line says which rank wrote it'],
    ['tsrun -n 2 --timeout 60 -x DEBUG=1 a.ts', 'a minute at most, with a variable set'],
    ['generate | tsrun -n 8 --stdin 0 filter.ts', 'rank 0 reads the pipe'],
    ['tsrun -n 4 --inspect --inspect-brk 2 a.ts', 'a debugger on ports 9229 to 9232; rank 2 waits for it'],
  ],
  epilogue:
    'Exit code: 0; else that of the rank that failed first (its own, 128 + signal, 1 for an uncaught error, 13 for a script that ' +
    'awaits what can never happen); 2 for wrong usage, 124 for --timeout, 130, 143, 129 for SIGINT, SIGTERM, SIGHUP.',
};

export async function helpText(columns: number, page = TSRUN): Promise<string> {
  const parser = yargs([])
    .scriptName('tsrun')
    .usage(page.usage)
    .help(false)
    .version(false)
    .wrap(Math.min(columns, 100));
  for (const { name, short, value, group, help, optional } of page.options) {
    const shown = value === undefined ? name : optional ? `${name}[=${value}]` : `${name} ${value}`;
    parser.option(shown, { ...(short === undefined ? {} : { alias: short }), group: `${group}:`, describe: help });
  }
  for (const [command, meaning] of page.examples) parser.example(command, meaning);
  return `${await parser.epilogue(page.epilogue).getHelp()}\n`;
}
