/** `tsrun hosts`: the plan of a job as a table, or as one JSON document. Pure. */
import { counted } from '../counted.ts';
import type { LaunchRequest } from '../request.ts';
import type { HostPlan } from './placement.ts';
import { rangesText } from './ranges.ts';

type Plan = Pick<LaunchRequest, 'programs' | 'ranks' | 'placement' | 'launcher' | 'verbosity'>;

/** A list of ranks is never squeezed into less than this. */
const NARROWEST = 16;
const WIDEST_SCRIPT = 20;

/** For a terminal of that many columns. With `-v`, a line for each rank follows. */
export function planText(plan: Plan, columns: number): string {
  const programs = plan.programs.length > 1 ? ` of ${plan.programs.length} programs` : '';
  const title = `${counted(plan.ranks, 'rank')}${programs} on ${counted(plan.placement.hosts.length, 'host')}\n`;
  const tables = [hostTable(plan, columns), ...(plan.verbosity === 'verbose' ? [rankTable(plan)] : [])];
  return [title, ...tables].join('\n');
}

/** Everything, by host and by rank. */
export function planDocument({ programs, placement, launcher }: Plan): object {
  return {
    launcher,
    programs: programs.map(({ script, args, ranks }) => ({ ...(script === '' ? {} : { script, args }), ranks })),
    hosts: placement.hosts.map((host) => ({
      name: host.name,
      slots: host.slots ?? null,
      agent: agentOf(host, launcher),
      ranks: host.ranks,
    })),
    ranks: placement.ranks.map(({ host, localRank, program }, rank) => ({
      rank,
      host: placement.hosts[host]!.name,
      localRank,
      program,
    })),
  };
}

function agentOf(host: HostPlan, launcher: Plan['launcher']): string {
  return host.local ? 'local' : launcher;
}

/** A line for each program on each host. */
function hostTable({ programs, placement, launcher }: Plan, columns: number): string {
  const cells: string[][] = [];
  const lists: string[][] = [];
  for (const host of placement.hosts) {
    const [first, ...more] = programs.flatMap(({ script }, program) => {
      const ranks = host.ranks.filter((rank) => placement.ranks[rank]!.program === program);
      if (ranks.length === 0) return [];
      lists.push(rangesText(ranks));
      return [[String(ranks.length), ...(programs.length > 1 ? [shortened(script)] : [])]];
    });
    cells.push([host.name, String(host.slots ?? '-'), agentOf(host, launcher), ...first!]);
    for (const line of more) cells.push(['', '', '', ...line]);
  }
  const head = ['host', 'slots', 'agent', 'ranks', ...(programs.length > 1 ? ['program'] : [])];
  const [title, ...lines] = aligned([head, ...cells], ['slots', 'ranks']);
  const width = Math.max(columns - title!.length - 2, NARROWEST);
  const indent = ' '.repeat(title!.length);
  const text = [
    `${title}  numbers`,
    ...lines.flatMap((line, i) =>
      wrapped(lists[i]!, width).map((list, row) => `${row === 0 ? line : indent}  ${list}`),
    ),
  ];
  const steps = lists.some((list) => list.some((range) => range.includes(':')));
  return `${text.join('\n')}\n${steps ? '\n0-6:2 stands for 0, 2, 4, 6.\n' : ''}`;
}

function rankTable({ programs, placement }: Plan): string {
  const head = ['rank', 'host', 'local rank', ...(programs.length > 1 ? ['program'] : [])];
  const rows = placement.ranks.map(({ host, localRank, program }, rank) => [
    String(rank),
    placement.hosts[host]!.name,
    String(localRank),
    ...(programs.length > 1 ? [shortened(programs[program]!.script)] : []),
  ]);
  return `${aligned([head, ...rows], ['rank', 'local rank'])
    .map((line) => line.trimEnd())
    .join('\n')}\n`;
}

/** Columns of text, two spaces apart; numbers stand on the right. */
function aligned(rows: readonly (readonly string[])[], numeric: readonly string[]): string[] {
  const [head] = rows;
  const widths = head!.map((_, column) => rows.reduce((most, row) => Math.max(most, row[column]!.length), 0));
  const pad = (cell: string, column: number) =>
    numeric.includes(head![column]!) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
  return rows.map((row) => row.map(pad).join('  '));
}

/** Ranges separated by commas, in lines that are no wider than that. */
function wrapped(ranges: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const [i, range] of ranges.entries()) {
    const word = i < ranges.length - 1 ? `${range},` : range;
    if (line !== '' && line.length + word.length > width) {
      lines.push(line);
      line = '';
    }
    line += word;
  }
  return [...lines, line];
}

/** The end of a path says more than its beginning. */
function shortened(script: string): string {
  return script.length > WIDEST_SCRIPT ? `…${script.slice(1 - WIDEST_SCRIPT)}` : script;
}
