// Builds dist/: types and modules with tsc, then what every rank loads as few files with esbuild, because reading
// 165 small modules costs a rank more than 60 ms and reading three costs 10.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url);
process.chdir(root.pathname);
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);

rmSync('dist/chunks', { recursive: true, force: true });
await build({
  entryPoints: ['src/index.ts', 'src/testing.ts', 'launcher/rank-main.ts'],
  outdir: 'dist',
  outbase: '.',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  sourcemap: true,
  sourcesContent: false,
  // rank/late-import.ts passes import() on with the options that it was given.
  logOverride: { 'unsupported-dynamic-import': 'silent' },
  logLevel: 'warning',
});
