import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scripts } from '../helpers/scripts.ts';

const root = join(import.meta.dirname, '../..');

// An unrelated package of the name tsrun exists in the registry.
test('npx tsrun in a clone is this command, and asks no registry', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const cache = scripts({ 'empty/x': '' });
  const npx = (...args: string[]) =>
    execFileSync('npx', ['tsrun', ...args], {
      cwd: root,
      env: {
        ...process.env,
        npm_config_registry: 'http://127.0.0.1:1',
        npm_config_cache: cache,
        // Into a fresh cache npx links the clone first, and would build it again, under the feet of the other tests.
        npm_config_ignore_scripts: 'true',
      },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  expect(npx('--version')).toBe(`${version}\n`);
  const folder = scripts({ 'job.ts': "import { world } from 'tsmpi';\nconsole.log(await world.allreduce(1));\n" });
  expect(npx('-n', '2', join(folder, 'job.ts'))).toBe('2\n2\n');
});
