/** What every rank has to know to run its program: written once, in the program's folder, by the launcher. */
import type { Library } from '../bundle/library.ts';

export const MANIFEST_FILE = 'job.json';

export interface Manifest {
  /** The script as its author knows it: an absolute path. */
  readonly script: string;
  /** What runs in its place: a name in this folder. */
  readonly file: string;
  readonly library: Library;
  readonly importsLibrary: boolean;
  readonly preload: readonly string[];
}
