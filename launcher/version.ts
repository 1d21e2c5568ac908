import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './bundle/library.ts';

/** Of the package that tsrun belongs to. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }).version;
}
