import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter } from '../../../launcher/io/line-splitter.ts';

function split(chunks: Uint8Array[], longest?: number): string[] {
  const out: string[] = [];
  const splitter = new LineSplitter((lines) => out.push(Buffer.from(lines).toString('latin1')), longest);
  for (const chunk of chunks) splitter.push(chunk);
  splitter.flush();
  return out;
}

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

test('passes whole lines on and keeps the rest until its end comes', () => {
  expect(split([bytes('a\nb'), bytes('c'), bytes('\n'), bytes('d\ne\nf')])).toEqual(['a\n', 'bc\n', 'd\ne\n', 'f']);
});

test('a line that is longer than the limit goes on in pieces', () => {
  expect(split([bytes('aaaa'), bytes('bbbb'), bytes('c\n')], 6)).toEqual(['aaaabbbb', 'c\n']);
});

test('loses and changes no byte, and cuts only after newlines', () => {
  const chunk = fc.array(fc.constantFrom(10, 13, 0, 65, 255), { maxLength: 6 }).map((list) => Uint8Array.from(list));
  fc.assert(
    fc.property(fc.array(chunk), (chunks) => {
      const out = split(chunks);
      expect(out.join('')).toBe(Buffer.concat(chunks).toString('latin1'));
      for (const piece of out.slice(0, -1)) expect(piece.endsWith('\n')).toBe(true);
    }),
    { seed: 5 },
  );
});
