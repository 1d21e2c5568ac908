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

const USAGE = `tsrun [options] script [arguments…] [: [options] script [arguments…]]…
tsrun hosts [options]     shows which rank would run where, and starts nothing
tsrun doctor [options]    looks at this machine and the hosts, and says what to mend
tsrun calibrate [options] measures the links, for the choice of algorithms
tsrun manifest k8s …      prints Kubernetes manifests

Starts TypeScript or JavaScript programs as the ranks of a job. A word ":" begins the next program, with its own -n, -x and \
--wdir. As a task of srun, mpiexec or mpirun, tsrun without -n becomes that rank.`;

const EXAMPLES = [
  ['tsrun -n 4 sum.ts data.npy', "four ranks; data.npy is the script's argument"],
  ['tsrun -n 4 --prefix always ring.ts', 'every line says which rank wrote it'],
  ['tsrun -n 2 --timeout 60 -x DEBUG=1 a.ts', 'a minute at most, with a variable set'],
  ['generate | tsrun -n 8 filter.ts', 'rank 0 reads the pipe'],
  ['tsrun -H node1:4,node2:4 sum.ts', 'eight ranks on two hosts, over ssh'],
  ['tsrun --hostfile hosts --ppn 2 sum.ts', 'two ranks on each host of the file'],
  ['tsrun -n 1 main.ts : -n 3 worker.ts', 'another program on rank 0 than on 1 to 3'],
  ['tsrun -n 4 --inspect --inspect-brk 2 a.ts', 'debuggers on 9229 to 9232; rank 2 waits'],
] as const;

const EXIT_CODES =
  'Exit code: 0; else that of the rank that failed first (its own, 128 + signal, 1 for an uncaught error, 13 for a script that awaits ' +
  'what can never happen); 2 for wrong usage, 124 for --timeout, 125 for a job that could not be launched on its hosts, 130, 143, ' +
  '129 for SIGINT, SIGTERM, SIGHUP.';

const TSRUN: HelpPage = { usage: USAGE, options: OPTIONS, examples: EXAMPLES, epilogue: EXIT_CODES };

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
