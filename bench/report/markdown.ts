/** The report for a README: between two marks, so that it can be written again in its place. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { machineLine } from '../lib/machine.ts';
import type { Run } from './run.ts';
import { figureTables, goalTable, ratioTables, type Table } from './tables.ts';

const BEGIN = '<!-- bench: npm run bench -- --markdown writes from here -->';
const END = '<!-- bench: to here -->';

export function markdownOf(run: Run): string {
  const { startedAt, machine, systems, options } = run;
  const goals = goalTable(run);
  const details = figureTables(run).map(
    (table) => `<details><summary>${table.title}</summary>\n\n${markdownTable(table)}\n\n</details>`,
  );
  return [
    `Measured on ${startedAt.slice(0, 10)} by \`${commandOf(options)}\`: ${machineLine(machine)}. ${others(systems)}Systems take ` +
      'turns in one run; of several runs each figure is the median. A ratio is one of rates where many messages are under way at ' +
      'once (over whole runs), else one of median times; more than 1: tsmpi is faster. Means of ratios are geometric.',
    ...[...(goals.rows.length > 0 ? [goals] : []), ...ratioTables(run)].map(
      (table) => `**${table.title}**\n\n${markdownTable(table)}`,
    ),
    ...details,
  ].join('\n\n');
}

/** Without the files that it was to write. */
function commandOf(options: readonly string[]): string {
  const files = /^--(json|markdown|plots)\b/;
  const kept = options.filter(
    (option, i) => !files.test(option) && !/^--(json|markdown|plots)$/.test(options[i - 1] ?? ''),
  );
  return ['npm run bench', ...(kept.length > 0 ? ['--', ...kept] : [])].join(' ');
}

function others({ tsmpi: _, ...peers }: Run['systems']): string {
  const names = Object.values(peers);
  return names.length === 0 ? '' : `Beside ${names.join(', ')}. `;
}

export function markdownTable({ head, rows }: Table): string {
  const used = head.map((_, column) => rows.some((row) => row[column] !== ''));
  const line = (cells: readonly string[]) => `| ${cells.filter((_, column) => used[column]).join(' | ')} |`;
  const isNumber = (column: number) => rows.every((row) => /^(\d|$)/.test(row[column] ?? ''));
  const rule = head.map((_, column) => (isNumber(column) ? '--:' : '---'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/** @throws Error if the file is there and says not where the report belongs: nothing else in it is ever lost. */
export function placed(report: string, file: string, before: string | undefined): string {
  const block = `${BEGIN}\n\n${report}\n\n${END}`;
  if (before === undefined) return `${block}\n`;
  const begin = before.indexOf(BEGIN);
  const end = before.indexOf(END, begin);
  if (begin < 0 || end < 0) {
    throw new Error(`${file} is there already: put these two lines where the report belongs in it:\n${BEGIN}\n${END}`);
  }
  return before.slice(0, begin) + block + before.slice(end + END.length);
}

export async function writeMarkdown(run: Run, file: string): Promise<void> {
  const before = existsSync(file) ? await readFile(file, 'utf8') : undefined;
  await writeFile(file, placed(markdownOf(run), file, before));
}
