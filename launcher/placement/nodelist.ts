/**
 * Slurm's short forms: lists of nodes (`n[1-3,07-10]x,login`) and of numbers by node (`2(x3),1`). Pure.
 *
 * As in `scontrol show hostnames` and in the section "OUTPUT ENVIRONMENT VARIABLES" of sbatch(1).
 */

/** More than Slurm itself allows in one list (64 Ki), so whatever is longer is no list. */
const MOST_NODES = 2 ** 17;
/** Numbers in names stay exact. */
const MOST_DIGITS = 15;

/** Undefined: it is no list of nodes. */
export function expandNodelist(text: string): string[] | undefined {
  // Commas within brackets belong to a name.
  const names = text.match(/(?:[^,[\]]|\[[^[\]]*\])+/g) ?? [];
  if (names.join(',') !== text || text === '') return undefined;
  const nodes: string[] = [];
  for (const name of names) {
    const more = expandName(name);
    if (more === undefined || nodes.length + more.length > MOST_NODES) return undefined;
    for (const node of more) nodes.push(node);
  }
  return nodes;
}

/** All names of `rack[1-2]n[01-04]`: the last brackets count fastest. */
function expandName(name: string): string[] | undefined {
  let names = [''];
  for (const part of name.split(/(\[[^\]]*\])/)) {
    const endings = part.startsWith('[') ? expandRanges(part.slice(1, -1)) : [part];
    if (endings === undefined || names.length * endings.length > MOST_NODES) return undefined;
    names = names.flatMap((start) => endings.map((ending) => start + ending));
  }
  return names;
}

/** `1-3,07-10`: numbers are as wide as the first of their range, with zeros in front. */
function expandRanges(text: string): string[] | undefined {
  const numbers: string[] = [];
  for (const range of text.split(',')) {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
    if (first === undefined || last === undefined || last.length > MOST_DIGITS) return undefined;
    const [low, high] = [Number(first), Number(last)];
    if (high < low || high - low >= MOST_NODES) return undefined;
    for (let number = low; number <= high; number++) numbers.push(String(number).padStart(first.length, '0'));
  }
  return numbers;
}

/** The short form of names in their order: neighbours that differ in their last number only share brackets. */
export function compressNodelist(nodes: readonly string[]): string {
  const groups: { start: string; end: string; ranges: Range[] }[] = [];
  for (const node of nodes) {
    const [, start = '', digits, end = ''] = /^(.*?)(\d{1,15})(\D*)$/.exec(node) ?? [undefined, node];
    const group = groups.at(-1);
    const related = group !== undefined && group.start === start && group.end === end && group.ranges.length > 0;
    if (digits === undefined) groups.push({ start, end, ranges: [] });
    else if (!related) groups.push({ start, end, ranges: [{ first: digits, last: digits }] });
    else extend(group.ranges, digits);
  }
  return groups.map(({ start, end, ranges }) => `${start}${rangesText(ranges)}${end}`).join(',');
}

interface Range {
  readonly first: string;
  last: string;
}

function extend(ranges: Range[], digits: string): void {
  const { first, last } = ranges.at(-1)!;
  if (digits === String(Number(last) + 1).padStart(first.length, '0')) ranges.at(-1)!.last = digits;
  else ranges.push({ first: digits, last: digits });
}

function rangesText(ranges: readonly Range[]): string {
  const [only] = ranges;
  if (only === undefined || (ranges.length === 1 && only.first === only.last)) return only?.first ?? '';
  return `[${ranges.map(({ first, last }) => (first === last ? first : `${first}-${last}`)).join(',')}]`;
}

/** `2(x3),1` is 2, 2, 2, 1. Undefined: it is no such list. */
export function expandCounts(text: string): number[] | undefined {
  const counts: number[] = [];
  for (const word of text.split(',')) {
    const [, count, times = '1'] = /^(\d{1,9})(?:\(x(\d{1,6})\))?$/.exec(word) ?? [];
    if (count === undefined || counts.length + Number(times) > MOST_NODES) return undefined;
    for (let i = 0; i < Number(times); i++) counts.push(Number(count));
  }
  return counts;
}
