/** The hosts of `-H` and of hostfiles. Pure. */
import { usage } from '../scan.ts';
import { parseHost, parseSlots } from './host-name.ts';
import type { HostEntry } from './placement.ts';

/** `a:4,b:4`, as often as the option was given. */
export function hostsOfOption(texts: readonly string[]): HostEntry[] {
  return texts
    .flatMap((text) => text.split(','))
    .map((text, index) => parseHost(text.trim(), `entry ${index + 1} of -H`));
}

/**
 * One host a line: `name`, `name:4` or `name slots=4`; `#` begins a comment.
 *
 * @throws LaunchFailure with exit code 2, naming file and line.
 */
export function hostsOfFile(text: string, file: string): HostEntry[] {
  const hosts: HostEntry[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const [word, ...keys] = line.replace(/#.*/s, '').split(/\s+/).filter(Boolean);
    if (word === undefined) continue;
    const source = `${file}:${index + 1}`;
    const host = parseHost(word, source);
    hosts.push({ ...host, slots: keys.reduce((slots, key) => slotsOf(key, slots, source), host.slots) });
  }
  if (hosts.length === 0) throw usage(`--hostfile ${file}: there is no host in it; a line names one, as node1 slots=4`);
  return hosts;
}

function slotsOf(key: string, before: number | undefined, source: string): number {
  const refuse = (reason: string) => usage(`${source}: ${key}: ${reason}`);
  const [, value] = /^slots=(.*)$/s.exec(key) ?? [];
  if (value === undefined) throw refuse('a line has a host and slots=N, nothing else');
  if (before !== undefined) throw refuse('the line has said how many slots already');
  return parseSlots(value, refuse);
}
