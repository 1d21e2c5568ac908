import { expect, test } from 'vitest';
import { Preamble } from '../../../launcher/agents/preamble.ts';

function reader() {
  const seen: string[] = [];
  const preamble = new Preamble({
    step: (word, detail) => seen.push(`${word}:${detail}`),
    ready: (rest) => seen.push(`ready:${rest.toString()}`),
    flooded: () => seen.push('flooded'),
  });
  return { preamble, seen };
}

const TALK = Buffer.from(
  'Welcome to b\r\nno newline at the end\ntsmpi-agent 1\nnoise\ntsmpi-agent old-node 18.1.0\ntsmpi-agent ready \nxyz',
);
const END = TALK.length - 'xyz'.length;

test('steps are found between noise, and what follows the last one is left alone, wherever the stream is cut', () => {
  for (let cut = 0; cut <= TALK.length; cut++) {
    const { preamble, seen } = reader();
    preamble.push(TALK.subarray(0, cut));
    if (cut < END) preamble.push(TALK.subarray(cut));
    const rest = cut < END ? 'xyz' : TALK.subarray(END, cut).toString();
    expect(seen).toEqual(['1:', 'old-node:18.1.0', `ready:${rest}`]);
    expect(preamble.noise).toContain('Welcome to b');
  }
});

test('a line is meant for us only from its beginning', () => {
  const { preamble, seen } = reader();
  preamble.push(Buffer.from('echo tsmpi-agent 1\n'));
  expect(seen).toEqual([]);
});

test.each(['\n', ''])('noise without end is given up', (end) => {
  const { preamble, seen } = reader();
  for (let i = 0; i < 2000; i++) preamble.push(Buffer.from(`${'x'.repeat(1000)}${end}`));
  expect(seen).toEqual(['flooded']);
});
