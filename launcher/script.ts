/** Finds the script that the command line names, before anything is started for it. */
import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { ExitCode, LaunchFailure } from './failure.ts';
import { systemReason } from './io/system-reason.ts';

const EXTENSIONS = ['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs'];

/**
 * The script's absolute path, links followed as Node follows them.
 *
 * @throws LaunchFailure with exit code 2.
 */
export function findScript(script: string, cwd: string): string {
  const path = resolve(cwd, script);
  const refuse = (reason: string): LaunchFailure => new LaunchFailure(`${script}: ${reason}`, ExitCode.USAGE);
  let real: string;
  try {
    if (statSync(path).isDirectory()) throw refuse('is a folder; name the script in it');
    accessSync(path, constants.R_OK);
    real = realpathSync(path);
  } catch (error) {
    throw error instanceof LaunchFailure ? error : refuse(systemReason(error));
  }
  if (!EXTENSIONS.includes(extname(real))) {
    throw refuse(`is no script that tsrun can run: ${basename(real)} ends in none of ${EXTENSIONS.join(' ')}`);
  }
  return real;
}

/** @throws LaunchFailure with exit code 2. */
export function findDirectory(directory: string, cwd: string): string {
  const path = resolve(cwd, directory);
  const refuse = (reason: string): LaunchFailure => new LaunchFailure(`--wdir ${directory}: ${reason}`, ExitCode.USAGE);
  let isDirectory: boolean;
  try {
    isDirectory = statSync(path).isDirectory();
  } catch (error) {
    throw refuse(systemReason(error));
  }
  if (!isDirectory) throw refuse('is no folder');
  return path;
}

/** What belongs to a script: the folder of the nearest package.json above it, else its own. */
export function projectFolder(script: string): string {
  for (let at = dirname(script); dirname(at) !== at; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return at;
  }
  return dirname(script);
}
