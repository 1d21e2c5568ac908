/**
 * Loads one source file for the bundle so that it still knows where it stands.
 *
 * In the bundle, `import.meta.url`, `__dirname` and computed `import()` would be those of a file in a temporary folder. Files that
 * mention one of them are transformed alone first, with the values of the source put in, and the word `import` of each
 * computed import is replaced by a name of the same length, bound by a function at the end: no column moves.
 */
import { readFile } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Loader, OnLoadResult, Plugin, PluginBuild } from 'esbuild';

/** Cheap, and wrong only to the safe side: a file that matches in a comment is transformed twice. */
const MENTIONS_PLACE = /\bimport\s*(?:\/\*.*?\*\/\s*)?[.(]|\b__(?:dir|file)name\b|\brequire\b/s;

export function sourcesPlugin(): Plugin {
  return {
    name: 'sources',
    setup(build) {
      build.onLoad({ filter: /\.(?:[cm]?ts|tsx|m?js|jsx)$/, namespace: 'file' }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        if (!MENTIONS_PLACE.test(text)) return { contents: text, loader: loaderOf(path) };
        return placed(path, build.esbuild, build.initialOptions.target);
      });
    },
  };
}

export function loaderOf(path: string): Loader {
  const extension = extname(path);
  if (extension === '.tsx' || extension === '.jsx') return extension === '.tsx' ? 'tsx' : 'jsx';
  return extension.endsWith('ts') ? 'ts' : 'js';
}

async function placed(
  path: string,
  esbuild: PluginBuild['esbuild'],
  target: string | string[] | undefined,
): Promise<OnLoadResult> {
  const url = JSON.stringify(pathToFileURL(path).href);
  try {
    const result = await esbuild.build({
      entryPoints: [path],
      outdir: dirname(path),
      write: false,
      bundle: false,
      format: 'esm',
      sourcemap: 'inline',
      sourcesContent: false,
      logLevel: 'silent',
      ...(target === undefined ? {} : { target }),
      define: {
        'import.meta.url': url,
        'import.meta.filename': JSON.stringify(path),
        'import.meta.dirname': JSON.stringify(dirname(path)),
        'import.meta.resolve': '__tsrun_resolve',
        __filename: JSON.stringify(path),
        __dirname: JSON.stringify(dirname(path)),
        require: '__tsrun_require',
      },
    });
    return { contents: await bindLate(result.outputFiles[0]!.text, url), loader: 'js', warnings: result.warnings };
  } catch (error) {
    return { errors: (error as { errors?: [] }).errors ?? [{ text: String(error) }] };
  }
}

/** Binds what is left to run time. `code` ends with its source map, which has to stay at the end. */
async function bindLate(code: string, url: string): Promise<string> {
  const mapAt = code.lastIndexOf('//# sourceMappingURL=');
  let body = code.slice(0, mapAt);
  const map = code.slice(mapAt);
  const late = 'globalThis[Symbol.for("tsmpi.tsrun")]';
  const rewritten = await replaceComputedImports(body);
  if (rewritten !== undefined) {
    body = `${rewritten.code}\nfunction ${rewritten.name}(name,options){return ${late}.import(name,${url},options)}`;
  }
  if (body.includes('__tsrun_resolve')) body += `\nfunction __tsrun_resolve(name){return ${late}.resolve(name,${url})}`;
  if (body.includes('__tsrun_require')) {
    body += `\nimport{createRequire as __tsrun_create}from"node:module";`;
    body += `function __tsrun_require(name){return __tsrun_create(${url})(name)}`;
  }
  return `${body}\n${map}`;
}

/**
 * Puts a free name of six letters in the place of `import` in every `import(expression)`, or in all `import()`s; nothing when there is
 * none. The others have been left to esbuild, which bundles what they name.
 */
export async function replaceComputedImports(
  code: string,
  which: 'computed' | 'all' = 'computed',
): Promise<{ code: string; name: string } | undefined> {
  const lexer = await import('es-module-lexer');
  await lexer.init();
  const computed = lexer
    .parse(code)[0]
    .filter((found) => found.type === 'dynamic' && (which === 'all' || found.glob || found.specifier === undefined));
  if (computed.length === 0) return undefined;
  let number = 0;
  let name = '$mport';
  while (code.includes(name)) name = `$m${String(number++).padStart(4, '0')}`;
  let result = '';
  let from = 0;
  for (const { importStart } of computed) {
    result += code.slice(from, importStart) + name;
    from = importStart + 'import'.length;
  }
  return { code: result + code.slice(from), name };
}
