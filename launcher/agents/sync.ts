/** The folder that `--sync` ships: one archive, made once, and only when some host has not got the folder. */
import { spawn } from 'node:child_process';
import { closeSync, createReadStream, fstatSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { ExitCode, LaunchFailure } from '../failure.ts';
import { systemReason } from '../io/system-reason.ts';
import { usage } from '../scan.ts';

export interface OpenArchive {
  /** Bytes. */
  readonly size: number;
  /** From its beginning; any number of times. */
  read(): Readable;
}

export class Archive {
  readonly folder: string;
  /** The same as bootstrap.ts finds where the folder comes from the same disk: there, nothing has to be shipped. */
  readonly identity: string;
  #opened: Promise<OpenArchive> | undefined;
  #file: number | undefined;

  /** @throws LaunchFailure when that is a folder that nobody means to ship. */
  constructor(folder: string) {
    if (folder === '/' || folder === homedir()) {
      throw usage(
        `--sync would ship all of ${folder}: put the script in a folder of its own, or a package.json beside it`,
      );
    }
    this.folder = folder;
    const { ino, ctimeNs } = statSync(folder, { bigint: true });
    this.identity = `${ino} ${ctimeNs}`;
  }

  /** @throws LaunchFailure when tar cannot make it. */
  open(): Promise<OpenArchive> {
    this.#opened ??= this.#pack();
    return this.#opened;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  async #pack(): Promise<OpenArchive> {
    const file = (this.#file = unnamedFile());
    // Of macOS: no files that only macOS understands.
    const env = { ...process.env, COPYFILE_DISABLE: '1' };
    const tar = spawn('tar', ['-czf', '-', '--exclude=.git', '-C', '/', `.${this.folder}`], {
      env,
      stdio: ['ignore', file, 'pipe'],
    });
    let words = '';
    tar.stderr!.on('data', (data: Buffer) => (words = (words + data).slice(0, 1000)));
    await new Promise<void>((resolve, reject) => {
      const fail = (reason: string): void => {
        reject(new LaunchFailure(`--sync: cannot pack ${this.folder}: ${reason}`, ExitCode.LAUNCH));
      };
      tar.on('error', (error) => fail(`tar: ${systemReason(error)}`));
      tar.on('close', (code) => (code === 0 ? resolve() : fail(words.trim() || `tar ended with code ${code}`)));
    });
    return {
      size: fstatSync(file).size,
      read: () => createReadStream('', { fd: file, start: 0, autoClose: false }),
    };
  }
}

/** A file without a name: it goes when it is closed, also when we are killed. */
function unnamedFile(): number {
  const folder = mkdtempSync(join(tmpdir(), 'tsrun-sync-'));
  try {
    return openSync(join(folder, 'archive'), 'wx+', 0o600);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
