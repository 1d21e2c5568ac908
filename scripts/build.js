// Builds dist/: types and modules with tsc, then what ranks, agents and tsrun load as few files with esbuild, because reading
// 165 small modules costs a rank more than 60 ms and reading four costs 10. Does nothing when dist/ is up to date.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const STAMP = 'dist/.built';
const SOURCES = ['src', 'launcher', 'scripts/build.js', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];

if (newest([STAMP]) < newest(SOURCES)) {
  rmSync(STAMP, { force: true });
  compile();
  await bundle();
  writeFileSync(STAMP, '');
}

/** When the youngest of these files and folders was changed; 0 when there is none. */
function newest(paths) {
  let time = 0;
  for (const path of paths) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    time = Math.max(time, stat.mtimeMs);
    if (stat.isDirectory()) time = Math.max(time, newest(readdirSync(path).map((name) => `${path}/${name}`)));
  }
  return time;
}

function compile() {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

async function bundle() {
  const { build } = await import('esbuild');
  rmSync('dist/chunks', { recursive: true, force: true });
  const options = {
    outdir: 'dist',
    outbase: '.',
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    packages: 'external',
    sourcemap: true,
    sourcesContent: false,
    // rank/late-import.ts passes import() on with the options that it was given.
    logOverride: { 'unsupported-dynamic-import': 'silent' },
    logLevel: 'warning',
  };
  await bundleLibrary(build, options);
  await build({
    ...options,
    entryPoints: ['launcher/rank-main.ts'],
    chunkNames: 'chunks/rank-[name]-[hash]',
    splitting: true,
  });
  // By themselves: what they share with a rank would be one more file for each rank to read.
  await build({ ...options, entryPoints: ['launcher/agent-main.ts'] });
  const chunkNames = 'chunks/tsrun-[name]-[hash]';
  await build({ ...options, entryPoints: ['launcher/tsrun.ts'], chunkNames, splitting: true });
}

/** All of src/library.ts, and the small packages that every rank needs, as one script; and the module in its place, which runs the script. */
async function bundleLibrary(build, options) {
  const script = await build({
    ...options,
    entryPoints: ['src/library.ts'],
    outdir: 'dist/chunks',
    outbase: 'src',
    entryNames: '[name]-[hash]',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    packages: undefined,
    external: ['koffi'],
    charset: 'ascii',
    define: { 'import.meta.url': '__url' },
    banner: {
      js: '(function (exports, require, module, __filename) { "use strict"; const __url = require("node:url").pathToFileURL(__filename).href;',
    },
    footer: { js: '})' },
    metafile: true,
  });
  const file = Object.keys(script.metafile.outputs)
    .find((path) => path.endsWith('.cjs'))
    .slice('dist/'.length);
  const listed = { ...options, entryPoints: ['src/library.ts'], write: false, sourcemap: false, metafile: true };
  const { metafile } = await build(listed);
  const [names] = Object.values(metafile.outputs).map(({ exports }) => exports.join(', '));
  await build({
    ...options,
    stdin: {
      contents: `import { fileURLToPath } from 'node:url';
import { loadCompiled } from './runtime/compiled.ts';
export const { ${names} } = loadCompiled(fileURLToPath(new URL('../${file}', import.meta.url)));`,
      loader: 'js',
      resolveDir: 'src',
    },
    outdir: undefined,
    outbase: undefined,
    outfile: 'dist/src/library.js',
  });
}
