/** esbuild, loaded when it is first needed. As CommonJS: an `import` of it would look through its source for names first, in 10 ms. */
import { createRequire } from 'node:module';

export function loadCompiler(): typeof import('esbuild') {
  return createRequire(import.meta.url)('esbuild') as typeof import('esbuild');
}
