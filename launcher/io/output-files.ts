/** `--output-dir`: what each rank wrote, as it wrote it, in a pair of files. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { OutputStream } from '../agents/agent.ts';
import { ExitCode, LaunchFailure } from '../failure.ts';
import { makeDirectory } from './make-directory.ts';
import { systemReason } from './system-reason.ts';

const EXTENSIONS = { stdout: 'out', stderr: 'err' } as const;

export class OutputFiles {
  /** By rank. */
  readonly #files = new Map<number, Record<OutputStream, number>>();
  readonly #directory: string;

  /**
   * @param ranks - whose files: all of a job of `size` ranks, if not said otherwise.
   * @throws LaunchFailure when a file cannot be made: before any rank is started.
   */
  constructor(directory: string, size: number, ranks: Iterable<number> = Array(size).keys()) {
    this.#directory = directory;
    const digits = Math.max(4, String(size - 1).length);
    try {
      makeDirectory(resolve(directory));
      for (const rank of ranks) {
        const open = (stream: OutputStream): number =>
          openSync(join(directory, `rank-${String(rank).padStart(digits, '0')}.${EXTENSIONS[stream]}`), 'w');
        this.#files.set(rank, { stdout: open('stdout'), stderr: open('stderr') });
      }
    } catch (error) {
      throw new LaunchFailure(`--output-dir ${directory}: ${systemReason(error)}`, ExitCode.USAGE);
    }
  }

  /** @throws LaunchFailure when the file cannot take it, a full disk for instance. */
  write(rank: number, stream: OutputStream, data: Uint8Array): void {
    try {
      for (let at = 0; at < data.length; ) at += writeSync(this.#files.get(rank)![stream], data, at);
    } catch (error) {
      throw new LaunchFailure(
        `--output-dir ${this.#directory}: rank ${rank}'s ${stream} cannot be written: ${systemReason(error)}`,
      );
    }
  }

  close(): void {
    for (const { stdout, stderr } of this.#files.values()) {
      closeSync(stdout);
      closeSync(stderr);
    }
    this.#files.clear();
  }
}
