import { createRequire } from 'node:module';

/** The version of this package, from its package.json, which stands above `src` and above `dist/src`. */
export function packageVersion(): string {
  const require = createRequire(import.meta.url);
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const { name, version } = require(path) as { name?: string; version?: string };
      if (name === 'tsmpi' && version !== undefined) return version;
    } catch {
      // The other place, then.
    }
  }
  return 'unknown';
}
