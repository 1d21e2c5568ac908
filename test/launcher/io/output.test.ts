import { PassThrough, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { Output } from '../../../launcher/io/output.ts';
import { createPrefixer } from '../../../launcher/io/prefix.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

function outputInto(stdout: Writable, prefixed = false) {
  const flows: boolean[] = [];
  const broken: string[] = [];
  const output = new Output({
    stdout,
    stderr: new PassThrough(),
    prefixer: prefixed ? createPrefixer(1, false) : undefined,
    onFlow: (paused) => flows.push(paused),
    onBroken: (stream, { code }) => broken.push(`${stream} ${code}`),
  });
  return { output, flows, broken };
}

/** All that is there: `read()` alone gives one piece of it from Node.js 26 on. */
const printed = (stream: PassThrough): string => String(stream.read(stream.readableLength));

test('an unfinished line is ended before another rank, or tsrun itself, goes on', () => {
  const stdout = new PassThrough();
  const { output } = outputInto(stdout);
  output.write(0, 'stdout', bytes('a'));
  output.write(0, 'stdout', bytes('b'));
  output.write(1, 'stdout', bytes('c\n'));
  output.write(1, 'stdout', bytes('d'));
  output.say('stdout', 'tsrun: x\n');
  expect(printed(stdout)).toBe('ab\nc\nd\ntsrun: x\n');
});

test('a line that goes on gets one prefix, an interrupted one another', () => {
  const stdout = new PassThrough();
  const { output } = outputInto(stdout, true);
  output.write(0, 'stdout', bytes('a'));
  output.write(0, 'stdout', bytes('b\nc'));
  output.write(1, 'stdout', bytes('d\n'));
  output.write(0, 'stdout', bytes('e\n'));
  expect(printed(stdout)).toBe('[0] ab\n[0] c\n[1] d\n[0] e\n');
});

test('says when its reader is slow, and when it has caught up', async () => {
  const stdout = new PassThrough({ highWaterMark: 4 });
  const { output, flows } = outputInto(stdout);
  output.write(0, 'stdout', bytes('longer than four\n'));
  expect(flows).toEqual([true]);
  stdout.resume();
  await output.drained();
  expect(flows).toEqual([true, false]);
});

test('a stream that breaks is reported once, takes nothing any more and stops nobody', async () => {
  const stdout = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('gone'), { code: 'EPIPE' })),
    highWaterMark: 1,
  });
  const { output, broken, flows } = outputInto(stdout);
  output.write(0, 'stdout', bytes('a\n'));
  await output.drained();
  output.write(0, 'stdout', bytes('b\n'));
  await output.drained();
  expect(broken).toEqual(['stdout EPIPE']);
  expect(flows.at(-1)).toBe(false);
});
