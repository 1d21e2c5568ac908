import { relative } from 'node:path';

/** A path as one would type it here: relative to the working directory, unless the absolute one is shorter. */
export function displayPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short !== '' && short.length < path.length ? short : path;
}
