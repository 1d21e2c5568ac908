/**
 * Runs a script together with the code that V8 has compiled of it before: compiling the library anew costs every rank 10 ms of processor.
 *
 * The compiled code lies beside the script, one file for each version of Node.js: whoever can write there can change the script as well. The
 * first rank 0 that finds none leaves one when it ends; where it may not write, ranks compile as ever.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';
import { Environment } from '../contract/environment.ts';

type CommonJs = (exports: object, require: NodeJS.Require, module: { exports: object }, filename: string) => void;

/**
 * @param file - an expression of a CommonJS function, in ASCII.
 * @returns what it exports.
 */
export function loadCompiled(file: string): object {
  const compiled = `${file}.${process.version}-${process.arch}.code`;
  const cachedData = readCode(compiled);
  // With another content the script has another name. V8 itself refuses what another V8, or one with other options, has compiled.
  const script = new Script(readFileSync(file, 'latin1'), { filename: file, cachedData });
  const module = { exports: {} };
  (script.runInThisContext() as CommonJs)(module.exports, createRequire(file), module, file);
  if (cachedData === undefined && process.env[Environment.RANK] === '0') {
    process.once('exit', () => writeCode(compiled, script));
  }
  return module.exports;
}

function readCode(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** All of it or nothing, also when the machine stops meanwhile: V8 would believe it. */
function writeCode(file: string, script: Script): void {
  const draft = `${file}.${process.pid}`;
  try {
    const fd = openSync(draft, 'wx');
    writeFileSync(fd, script.createCachedData());
    fsyncSync(fd);
    closeSync(fd);
    renameSync(draft, file);
  } catch {
    // Not ours to write, or no room.
    rmSync(draft, { force: true });
  }
}
