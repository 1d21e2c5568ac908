/** Runs a CommonJS script as Node's main module: `require.main === module`, and its own place for everything it requires. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

interface ModuleInternals {
  filename: string;
  paths: string[];
  loaded: boolean;
  _compile(code: string, filename: string): void;
}

interface ModuleClass {
  new (id: string): ModuleInternals;
  _nodeModulePaths(directory: string): string[];
  _cache: Record<string, ModuleInternals>;
}

/** @param file - what to run in the script's place, under the script's name. */
export function runCommonJs(script: string, file: string): void {
  const Module = createRequire(import.meta.url)('node:module') as ModuleClass;
  const module = new Module('.');
  module.filename = script;
  module.paths = Module._nodeModulePaths(dirname(script));
  Module._cache[script] = module;
  (process as { mainModule?: unknown }).mainModule = module;
  module._compile(readFileSync(file, 'utf8'), script);
  module.loaded = true;
}
