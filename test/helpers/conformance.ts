/**
 * The tests of the contract as a program that `tsrun` starts: the very same files, with vitest and the ways to run replaced by what works
 * in a real job (programs/conformance/). Whatever they import is part of the program, the library too, so it runs from anywhere.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { afterAll } from 'vitest';
import type { TsrunResult } from './tsrun.ts';

const root = resolve(import.meta.dirname, '../..');
const parts = join(root, 'test/programs/conformance');

/** The files of test/contract that speak of more than one rank. */
export const SUITES: readonly string[] = [
  'point-to-point',
  'requests',
  'waiting',
  'values',
  'reductions',
  'collective-values',
  'collectives',
  'disagreement',
  'errors',
  'communicators',
  'freeing',
  'groups',
  'topologies',
  'persistent',
  'neighborhood-persistent',
  'intercommunicators',
  'intercommunicator-collectives',
  'intercommunicator-failures',
].map((name) => join(root, `test/contract/${name}.test.ts`));

/** What comes with vitest is found from there. */
const vitest = dirname(createRequire(import.meta.url).resolve('vitest/package.json'));
const standIns: Plugin = {
  name: 'stand-ins',
  setup(build) {
    build.onResolve({ filter: /^vitest$/ }, () => ({ path: join(parts, 'vitest.ts') }));
    build.onResolve({ filter: /\/helpers\/runs\.ts$/ }, () => ({ path: join(parts, 'runs.ts') }));
    build.onResolve({ filter: /^@vitest\/expect$/ }, ({ path, kind, resolveDir }) =>
      resolveDir === vitest ? undefined : build.resolve(path, { kind, resolveDir: vitest }),
    );
  },
};

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

/** Makes a program of these test files; gives its path. It goes when the tests of the calling file end. */
export async function conformanceProgram(suites: readonly string[] = SUITES): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tsmpi-conformance-'));
  folders.push(folder);
  const outfile = join(folder, 'conformance.mjs');
  const imports = suites.map((suite) => `import ${JSON.stringify(suite)};`);
  await build({
    stdin: {
      contents: `${imports.join('\n')}\nimport { runTests } from './main.ts';\nawait runTests();\n`,
      resolveDir: parts,
      sourcefile: 'conformance.ts',
      loader: 'ts',
    },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: `node${process.versions.node}`,
    sourcemap: 'inline',
    sourcesContent: false,
    // The library looks for its package.json, and its packages for theirs, from where the sources are.
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(join(root, 'src/runtime/start.ts')).href) },
    plugins: [standIns],
    logLevel: 'warning',
  });
  return outfile;
}

export interface Summary {
  /** Where the ranks were, in the order in which tests take them. */
  hosts: string[];
  passed: number;
  /** Title, and what each rank says of it. */
  failed: string[];
  /** Title and reason. */
  skipped: string[];
}

/** What the program printed of its tests. */
export function summaryOf({ stdout, stderr }: TsrunResult): Summary {
  const parts = stdout.split(/^(?=FAILED |SKIPPED |\d+ passed, )/m);
  const hosts = parts
    .shift()
    ?.match(/^ranks on (.*)\n$/)?.[1]
    ?.split(' ');
  const passed = parts.pop()?.match(/^(\d+) passed, \d+ failed, \d+ skipped\n$/)?.[1];
  if (hosts === undefined || passed === undefined) {
    throw new Error(`the tests did not come to their end:\n${stdout}\n--- stderr\n${stderr}`);
  }
  const of = (word: string) => parts.filter((part) => part.startsWith(word)).map((part) => part.slice(word.length));
  return { hosts, passed: Number(passed), failed: of('FAILED '), skipped: of('SKIPPED ') };
}
