import { join } from 'node:path';
import { expect, test } from 'vitest';
import { moduleKind } from '../../../launcher/bundle/module-kind.ts';
import { scripts } from '../../helpers/scripts.ts';

test.each([
  ['a.ts', 'require("x")', 'esm'],
  ['a.mjs', 'module.exports = 1', 'esm'],
  ['a.cjs', 'import x from "y"', 'commonjs'],
  ['a.js', 'module.exports = 1', 'commonjs'],
  ['a.js', '#!/bin/node\nrequire("x")', 'commonjs'],
  ['a.js', 'import x from "y"', 'esm'],
  ['a.js', 'await 1', 'esm'],
  ['a.js', 'export {}', 'esm'],
  ['module/a.js', 'console.log(1)', 'esm'],
  ['plain/a.js', 'console.log(1)', 'commonjs'],
  ['plain/a.js', 'import x from "y"', 'esm'],
])('%s with %j is %s', (name, text, expected) => {
  const folder = scripts({ 'module/package.json': '{"type":"module"}', 'plain/package.json': '{"type":"commonjs"}' });
  expect(moduleKind(join(folder, name), text)).toBe(expected);
});
