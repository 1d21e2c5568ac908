/** The job's own folder: what was compiled, and the sockets of the ranks. Nobody else may look into it. */
import { accessSync, constants, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LaunchFailure } from './failure.ts';
import { systemReason } from './io/system-reason.ts';

/** `sun_path` holds 108 bytes on Linux and 104 on macOS, with a zero at the end. */
const LONGEST_SOCKET_PATH = 103;
/** `/tsrun-abcdef` and the longest name of a rank's socket, `/r1234567.sock`. */
const ROOM = 13 + 14;

/** Makes it, with mode 0700; whoever called removes it. */
export function createWorkspace(): string {
  const candidates = [tmpdir(), '/tmp', '/dev/shm'].filter(
    (directory) => Buffer.byteLength(directory) + ROOM <= LONGEST_SOCKET_PATH,
  );
  let reason = 'no folder with a path that is short enough for sockets';
  for (const directory of candidates) {
    try {
      accessSync(directory, constants.W_OK);
      return mkdtempSync(join(directory, 'tsrun-'));
    } catch (error) {
      reason = `${directory}: ${systemReason(error)}`;
    }
  }
  throw new LaunchFailure(`no folder for temporary files: ${reason}; set TMPDIR to one that can be written`);
}

/** Where one of the job's programs has its compiled files, below a host's folder of the job. */
export function programFolder(workspace: string, program: number): string {
  return join(workspace, programName(program));
}

export function programName(program: number): string {
  return `p${program}`;
}

export function socketPath(workspace: string, rank: number): string {
  return join(workspace, `r${rank}.sock`);
}
