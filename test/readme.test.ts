/** The tables of README.md lead to tests that are there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const read = (name: string) => readFileSync(join(import.meta.dirname, name), 'utf8');

it('every test that the README of the tests names exists', () => {
  const entries = [...read('README.md').matchAll(/`([\w-]+\/[\w/-]+)`: ([^·|\n]+)/g)];
  expect(entries.length).toBeGreaterThan(80);
  const missing = entries.filter(([, file, title]) => !read(`${file}.test.ts`).includes((title as string).trim()));
  expect(missing.map(([entry]) => entry)).toEqual([]);
});
