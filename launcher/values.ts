/** What the values of options may be. Each function gives what the text means, or throws what would be right. Pure. */
import { isIP } from 'node:net';
import type { LaunchRequest } from './request.ts';
import { usage } from './scan.ts';

const LAST_PORT = 65535;

export function integer(option: string, text: string, least: number, what: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < least) {
    throw usage(`${option} ${shown(text)}: ${what} is an integer, ${least} or more`);
  }
  return value;
}

export function rankNumber(option: string, text: string, ranks: number): number {
  const rank = integer(option, text, 0, 'a rank');
  if (rank >= ranks) throw usage(`${option} ${text}: ${ranksAre(ranks)}`);
  return rank;
}

function ranksAre(ranks: number): string {
  return ranks === 1 ? 'the only rank of this job is 0' : `the ranks of this job are 0 to ${ranks - 1}`;
}

export function stdinTarget(text: string, ranks: number): number | 'all' | 'none' {
  if (text === 'all' || text === 'none') return text;
  if (!/^\d+$/.test(text)) throw usage(`--stdin ${shown(text)}: give a rank, all or none`);
  return rankNumber('--stdin', text, ranks);
}

/** Seconds, given as milliseconds. */
export function timeLimit(text: string): number {
  const value = /^\d+(\.\d*)?$|^\.\d+$/.test(text) ? Number(text) : 0;
  // The longest time that a timer of Node can wait is 2**31 - 1 ms.
  if (value <= 0 || value * 1000 >= 2 ** 31) {
    throw usage(`--timeout ${shown(text)}: give seconds, more than 0 and less than ${Math.floor(2 ** 31 / 1000)}`);
  }
  return value * 1000;
}

export function transport(text: string): LaunchRequest['transport'] {
  return oneOf('--transport', text, ['auto', 'tcp', 'unix', 'shm']);
}

export function model(text: string): string {
  if (text === '') throw usage('--model "": give auto, off or the file that tsrun calibrate has written');
  return text;
}

export function inspectBase(text: string, ranks: number): number {
  const base = integer('--inspect', text, 1, 'a port');
  if (base + ranks - 1 > LAST_PORT) {
    throw usage(`--inspect ${base}: ports end at ${LAST_PORT}, and ${ranks} ranks need one each`);
  }
  return base;
}

/** `A-B`, both included. */
export function portRange(text: string): readonly [first: number, last: number] {
  const [, first, last] = (/^(\d{1,5})-(\d{1,5})$/.exec(text) ?? []).map(Number);
  if (first === undefined || last === undefined || first < 1 || last > LAST_PORT) {
    throw usage(`--port-range ${shown(text)}: give the first and the last port, 1 to ${LAST_PORT}, as 50000-50999`);
  }
  if (first > last) throw usage(`--port-range ${text}: the first port comes first: ${last}-${first}`);
  return [first, last];
}

/** The name of an interface, or a network in CIDR notation (RFC 4632, RFC 4291 section 2.3). */
export function networkInterface(text: string): string {
  const slash = text.indexOf('/');
  const version = isIP(slash < 0 ? text : text.slice(0, slash));
  if (slash < 0 && version !== 0) {
    throw usage(
      `--interface ${text}: give a network, as ${text}/${version === 4 ? 24 : 64}, or the name of an interface`,
    );
  }
  const bits = /^\d{1,3}$/.test(text.slice(slash + 1)) ? Number(text.slice(slash + 1)) : Number.NaN;
  const sound = slash < 0 ? /^[\w][\w.:@-]*$/.test(text) : version !== 0 && bits <= (version === 4 ? 32 : 128);
  if (!sound)
    throw usage(`--interface ${shown(text)}: give a name, as eth0, or a network, as 10.0.0.0/24 or fd00::/64`);
  return text;
}

export function oneOf<const T extends string>(option: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  throw usage(`${option} ${shown(text)}: give ${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`);
}

/**
 * A command and its arguments as a shell would cut them (POSIX shell, 2.2 Quoting): quotes of both kinds and backslashes count,
 * nothing is expanded.
 */
export function commandWords(option: string, text: string): string[] {
  const words: string[] = [];
  // A word is what stands together: plain text, escaped characters and quoted strings.
  const pattern = /\s+|((?:[^\s'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+)/sy;
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(text);
    if (match === null) throw usage(`${option} ${JSON.stringify(text)}: nothing closes ${text.slice(at)}`);
    if (match[1] !== undefined) words.push(unquoted(match[1]));
  }
  if (words[0] === undefined || words[0] === '' || words[0].startsWith('-')) {
    throw usage(`${option} ${shown(text)}: give a command and, if need be, its first arguments, as "ssh -p 2222"`);
  }
  return words;
}

function unquoted(word: string): string {
  return word.replace(
    /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/gs,
    (_, single?: string, double?: string, escaped?: string) =>
      // Within double quotes a backslash is one of the characters unless it stands before one that needs it.
      single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped!,
  );
}

/** As a message shows what somebody typed: in quotes where one could not see where it ends. */
export function shown(text: string): string {
  return /^[^\s"']+$/.test(text) ? text : JSON.stringify(text);
}
