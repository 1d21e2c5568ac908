import { expect, test } from 'vitest';
import { CrashFilter } from '../../../launcher/agents/crash-filter.ts';

const DUMP =
  '\n<--- Last few GCs --->\n\n[1:0x1] 99 ms: Mark-Compact\n\n<--- JS stacktrace --->\n\n' +
  'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n----- Native stack trace -----\n 1: 0xb\n';

function filter(chunks: string[], crashed: boolean) {
  let out = '';
  const crash = new CrashFilter((lines) => (out += Buffer.from(lines).toString()));
  for (const chunk of chunks) crash.push(Buffer.from(chunk));
  const { outOfMemory } = crash;
  crash.end(crashed);
  return { out, outOfMemory };
}

test("takes V8's last words out when the heap was full, and nothing else", () => {
  expect(filter([`mine\n${DUMP}`], true)).toEqual({ out: 'mine\n', outOfMemory: true });
  expect(filter(DUMP.split(/(?<=\n)/), true)).toEqual({ out: '\n', outOfMemory: true });
});

test('gives back what turns out to be something else', () => {
  expect(filter([`mine\n${DUMP}`], false)).toEqual({ out: `mine\n${DUMP}`, outOfMemory: true });
  const other = '<--- Last few GCs --->\nno crash\n';
  expect(filter([other, 'more\n'], true)).toEqual({ out: `${other}more\n`, outOfMemory: false });
});

test('holds back no more than a dump can be', () => {
  const text = `<--- Last few GCs --->\n${'x'.repeat(99)}\n`.padEnd(70_000, 'y\n');
  expect(filter([text, 'next\n'], false).out).toBe(`${text}next\n`);
});
