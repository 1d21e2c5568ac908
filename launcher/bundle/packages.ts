/**
 * Decides what goes into the bundle and what stays outside.
 *
 * Relative imports and what tsconfig's `paths` or links lead to outside node_modules go in. Packages stay outside, as absolute file
 * URLs, found from the file that imports them by the rules of Node's ES modules; so does CommonJS, which Node loads best itself.
 */
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, extname, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild';
import { loadCompiler } from './compiler.ts';
import type { Library } from './library.ts';
import { moduleKind } from './module-kind.ts';

/** Marks our own question to esbuild's resolver, which passes this plugin again. */
const OURS = Symbol('ours');

export function packagesPlugin(library: Library): Plugin {
  return {
    name: 'packages',
    setup(build) {
      build.onResolve({ filter: /.*/ }, (args) => {
        if (args.pluginData === OURS || args.kind === 'entry-point') return undefined;
        const own = library[args.path];
        if (own !== undefined) return { path: own, external: true };
        if (isBuiltin(args.path) || /^(?:data|https?):/.test(args.path)) return { path: args.path, external: true };
        return resolve(build, args);
      });
    },
  };
}

async function resolve(build: PluginBuild, args: OnResolveArgs): Promise<OnResolveResult> {
  const wanted = args.path.startsWith('file:') ? fileURLToPath(args.path) : args.path;
  const { importer, namespace, resolveDir, kind } = args;
  const found = await build.resolve(wanted, {
    importer,
    namespace,
    resolveDir,
    kind,
    pluginData: OURS,
    with: args.with,
  });
  if (found.errors.length > 0) {
    if (kind === 'dynamic-import') return { path: rejecting(args), external: true };
    return { errors: [{ text: notFound(args) }] };
  }
  if (found.external) return { path: found.path, external: true };
  if (staysOutside(found.path)) {
    return { path: kind === 'require-call' ? found.path : pathToFileURL(found.path).href, external: true };
  }
  return { path: found.path, namespace: found.namespace };
}

function staysOutside(path: string): boolean {
  if (path.includes(`${sep}node_modules${sep}`)) return true;
  const extension = extname(path);
  if (extension === '.node' || extension === '.wasm') return true;
  if (extension !== '.js' && extension !== '.cjs') return false;
  return moduleKind(path, readFileSync(path, 'utf8')) === 'commonjs';
}

function notFound({ path, kind }: OnResolveArgs): string {
  const what = /^(?:\.{0,2}\/|file:)/.test(path) || path === '.' || path === '..' ? 'file' : 'package';
  const verb = kind === 'require-call' || kind === 'require-resolve' ? 'require' : 'import';
  return `cannot find the ${what} "${path}" that this ${verb} names`;
}

/** An `import()` that nobody may ever reach is no reason to refuse the script: it rejects when it is reached. */
function rejecting(args: OnResolveArgs): string {
  const message = JSON.stringify(`${notFound(args)}, in ${args.importer}`);
  const code = `throw Object.assign(new Error(${message}),{code:"ERR_MODULE_NOT_FOUND"})`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

/** Where a package's name leads from `importer` by the rules of ES modules: Node itself answers that only for the module that asks. */
export async function resolvePackage(specifier: string, importer: string): Promise<string> {
  const esbuild = loadCompiler();
  let found: string | undefined;
  const question: Plugin = {
    name: 'question',
    setup(build) {
      build.onStart(async () => {
        const kind = 'dynamic-import';
        const answer = await build.resolve(specifier, { importer, resolveDir: dirname(importer), kind });
        if (answer.errors.length === 0) found = answer.path;
      });
    },
  };
  const options = { platform: 'node', logLevel: 'silent', write: false } as const;
  await esbuild.build({
    ...options,
    conditions: [],
    mainFields: ['main'],
    stdin: { contents: '' },
    plugins: [question],
    bundle: true,
  });
  if (found !== undefined) return pathToFileURL(found).href;
  const error = new Error(`cannot find the package "${specifier}" that this import names, in ${importer}`);
  throw Object.assign(error, { code: 'ERR_MODULE_NOT_FOUND' });
}
