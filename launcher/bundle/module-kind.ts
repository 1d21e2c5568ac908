/**
 * Which of Node's two module systems a JavaScript file belongs to: by Node's own rules, but that a file with `import` statements is a
 * module also where package.json says `"type": "commonjs"`, as `npm init` writes it: a script runs wherever it lies.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { compileFunction } from 'node:vm';

export type ModuleKind = 'esm' | 'commonjs';

/** TypeScript is always taken as ES modules, except for `.cts`: top-level await must work without a package.json beside it. */
export function moduleKind(path: string, text: string): ModuleKind {
  const extension = extname(path);
  if (extension === '.cjs' || extension === '.cts') return 'commonjs';
  if (extension !== '.js') return 'esm';
  if (packageType(dirname(path)) === 'module') return 'esm';
  // What compiles as CommonJS is CommonJS. The file runs nowhere here.
  try {
    compileFunction(text.replace(/^#!.*/, ''), ['exports', 'require', 'module', '__filename', '__dirname']);
    return 'commonjs';
  } catch {
    return 'esm';
  }
}

function packageType(directory: string): unknown {
  for (let at = directory; ; at = dirname(at)) {
    const path = join(at, 'package.json');
    if (existsSync(path)) {
      try {
        return (JSON.parse(readFileSync(path, 'utf8')) as { type?: unknown }).type;
      } catch {
        return undefined;
      }
    }
    if (dirname(at) === at) return undefined;
  }
}
