/**
 * Makes one plain JavaScript file of a TypeScript script and its relative imports, once for all ranks.
 *
 * Compiling in every rank would cost each of them 100 to 200 ms of processor; plain Node starts the result in 55.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuildFailure, Message } from 'esbuild';
import { LaunchFailure } from '../failure.ts';
import { loadCompiler } from './compiler.ts';
import { formatMessages } from './diagnostics.ts';
import { LIBRARY_SPECIFIERS, type Library } from './library.ts';
import { moduleKind } from './module-kind.ts';
import { packagesPlugin } from './packages.ts';
import { loaderOf, replaceComputedImports, sourcesPlugin } from './sources.ts';

export interface Bundle {
  /** What the ranks run: `.mjs`, or `.cjs` for a CommonJS script. */
  readonly file: string;
  /** The script imports the library, at its beginning or perhaps later. */
  readonly importsLibrary: boolean;
  /** The modules of the library that are evaluated before the script's first line, as URLs. */
  readonly preload: readonly string[];
}

const TARGET = `node${process.versions.node}`;

/**
 * Bundles `script` (an absolute path) into `directory`.
 *
 * @throws LaunchFailure with every error's place and line, for a syntax error or an import that leads nowhere.
 */
export async function bundleScript(
  script: string,
  directory: string,
  library: Library,
  name = basename(script, extname(script)),
): Promise<Bundle> {
  const text = await readFile(script, 'utf8');
  if (moduleKind(script, text) === 'commonjs') return bundleCommonJs(script, text, join(directory, `${name}.cjs`));
  const esbuild = loadCompiler();
  const file = join(directory, `${name}.mjs`);
  try {
    const result = await esbuild.build({
      absWorkingDir: dirname(script),
      entryPoints: [script],
      outfile: file,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: TARGET,
      conditions: [],
      mainFields: ['main'],
      charset: 'utf8',
      sourcemap: true,
      sourcesContent: false,
      metafile: true,
      logLevel: 'silent',
      plugins: [packagesPlugin(library), sourcesPlugin()],
    });
    await pinSources(`${file}.map`);
    const urls = new Set(Object.values(library));
    const imports = Object.values(result.metafile.outputs).flatMap((output) => output.imports);
    const ofLibrary = imports.filter(({ path }) => urls.has(path));
    const preload = ofLibrary.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path);
    return { file, importsLibrary: ofLibrary.length > 0, preload };
  } catch (error) {
    throw failure(error, dirname(script));
  }
}

/** The compiled file is read in folders of other names, and on other hosts: its map names the sources by absolute URLs. */
async function pinSources(path: string): Promise<void> {
  const map = JSON.parse(await readFile(path, 'utf8')) as { sources: string[] };
  map.sources = map.sources.map((source) => pathToFileURL(resolve(dirname(path), source)).href);
  await writeFile(path, JSON.stringify(map));
}

/** Ends the compiler's process: nothing will be compiled for a while. */
export async function releaseCompiler(): Promise<void> {
  const esbuild = loadCompiler();
  await esbuild.stop();
}

/**
 * A CommonJS script stays what it is: Node loads what it requires. Only its syntax is checked, types are taken out of `.cts`, and
 * every `import()` goes by the launcher's rules, so that it finds the library.
 */
async function bundleCommonJs(script: string, text: string, file: string): Promise<Bundle> {
  const esbuild = loadCompiler();
  const typed = extname(script) === '.cts';
  try {
    const { code } = await esbuild.transform(text, {
      sourcefile: script,
      loader: loaderOf(script),
      target: TARGET,
      logLevel: 'silent',
      ...(typed ? { format: 'cjs', sourcemap: 'inline', sourcesContent: false } : {}),
    });
    // JavaScript needs no transforming: what Node runs is the user's own text.
    const runnable = (typed ? code : text).replace(/^#!/, '//');
    const late = await replaceComputedImports(runnable, 'all');
    const bound =
      late &&
      `${late.code}\nfunction ${late.name}(name,options){return globalThis[Symbol.for("tsmpi.tsrun")].import(name,` +
        'require("node:url").pathToFileURL(__filename).href,options)}';
    await writeFile(file, bound ?? runnable);
    return { file, importsLibrary: LIBRARY_SPECIFIERS.some((name) => text.includes(name)), preload: [] };
  } catch (error) {
    throw failure(error, '');
  }
}

function failure(error: unknown, directory: string): unknown {
  const errors: Message[] | undefined = (error as Partial<BuildFailure>).errors;
  if (errors === undefined) return error;
  const absolute = errors.map((message) => withAbsoluteFile(message, directory));
  return new LaunchFailure(formatMessages(absolute, process.cwd()));
}

function withAbsoluteFile(message: Message, directory: string): Message {
  const { location } = message;
  if (location === null || location.file.startsWith('/')) return message;
  return { ...message, location: { ...location, file: join(directory, location.file) } };
}
