/** Answers in the rank what the bundle could not know: computed imports, from the place of the source file that asks. */
import { existsSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { LateBinding } from '../bundle/late.ts';
import type { Library } from '../bundle/library.ts';

const TYPESCRIPT = new Set(['.ts', '.mts', '.cts', '.tsx']);

/** @param directory - the job's folder, where what is compiled late is put. */
export function createLateBinding(directory: string, library: Library): LateBinding {
  /** Modules are evaluated once, however often they are imported. */
  const compiled = new Map<string, Promise<string>>();

  async function locate(specifier: string, parent: string): Promise<string> {
    const own = library[specifier];
    if (own !== undefined) return own;
    if (isBuiltin(specifier) || /^(?:data|https?|node):/.test(specifier)) return specifier;
    if (!isPath(specifier)) return findPackage(specifier, parent);
    const url = new URL(specifier, parent);
    const path = sourceOf(fileURLToPath(url));
    if (!TYPESCRIPT.has(extname(path))) return url.href;
    let file = compiled.get(path);
    if (file === undefined) {
      file = compile(path);
      compiled.set(path, file);
    }
    return `${await file}${url.search}${url.hash}`;
  }

  async function compile(path: string): Promise<string> {
    const { bundleScript } = await import('../bundle/bundle.ts');
    const name = `late-${process.pid}-${compiled.size}`;
    try {
      const { file } = await bundleScript(path, directory, library, name);
      return pathToFileURL(file).href;
    } catch (error) {
      throw new SyntaxError((error as Error).message, { cause: error });
    }
  }

  async function findPackage(specifier: string, parent: string): Promise<string> {
    const { resolvePackage } = await import('../bundle/packages.ts');
    return resolvePackage(specifier, fileURLToPath(parent));
  }

  return {
    async import(specifier, parent, options) {
      return import(await locate(String(specifier), parent), options);
    },
    resolve(specifier, parent) {
      const own = library[specifier];
      if (own !== undefined) return own;
      if (isBuiltin(specifier)) return specifier.startsWith('node:') ? specifier : `node:${specifier}`;
      if (isPath(specifier)) return new URL(specifier, parent).href;
      return pathToFileURL(createRequire(parent).resolve(specifier)).href;
    },
  };
}

function isPath(specifier: string): boolean {
  return /^(?:\.{0,2}\/|file:)/.test(specifier);
}

/** TypeScript's custom: `./x.js` may mean `./x.ts`. */
function sourceOf(path: string): string {
  const extension = extname(path);
  if (!/^\.[mc]?js$/.test(extension) || existsSync(path)) return path;
  const typed = path.slice(0, -extension.length) + extension.replace('js', 'ts');
  return existsSync(typed) ? typed : path;
}
