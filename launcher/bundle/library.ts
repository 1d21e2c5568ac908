/** Where `import 'tsmpi'` leads: every module of a rank must get the same one, or there would be two worlds. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** File URLs by specifier. */
export type Library = Readonly<Record<string, string>>;

export const LIBRARY_SPECIFIERS = ['tsmpi', 'tsmpi/testing'] as const;

/** The installed package next to the script if there is one, else the package that tsrun itself belongs to. */
export function findLibrary(script: string): Library {
  const require = createRequire(script);
  const own: Library = {
    tsmpi: pathToFileURL(join(packageRoot(), 'dist/src/index.js')).href,
    'tsmpi/testing': pathToFileURL(join(packageRoot(), 'dist/src/testing.js')).href,
  };
  const found: Record<string, string> = {};
  for (const name of LIBRARY_SPECIFIERS) {
    try {
      found[name] = pathToFileURL(require.resolve(name)).href;
    } catch {
      // Not there. Never two packages at once: what an installed one lacks is not taken from another.
    }
  }
  return found.tsmpi === undefined ? own : found;
}

/** The folder of this package: the nearest package.json above this file, in the sources and in dist alike. */
export function packageRoot(): string {
  for (let at = import.meta.dirname; dirname(at) !== at; at = dirname(at)) {
    try {
      const { name } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as { name?: unknown };
      if (name === 'tsmpi') return at;
    } catch {
      // Higher up, then.
    }
  }
  throw new Error('tsmpi bug: tsrun stands in no package');
}
