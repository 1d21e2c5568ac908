/**
 * How memory comes to another process of this host: an unnamed file, told as a number of ours, which it opens through /proc.
 *
 * The file never has a name (O_TMPFILE, open(2)), so nothing can be left behind, whatever ends whom when. Its pages are reserved at once
 * (posix_fallocate(3)): in a mapping without them a write would end the process.
 */
import fs from 'node:fs';
import { getSystemErrorName } from 'node:util';
import type { Mapping, Native } from '../../native/native.ts';

/** Where POSIX shared memory is on Linux (shm_overview(7)). */
export const SHARED_MEMORY = '/dev/shm';

/** Linux's, as its headers have it for all architectures that Node.js runs on; O_DIRECTORY differs between them. */
const O_TMPFILE = 0o20000000 | fs.constants.O_DIRECTORY;

/** A file that another process of this host holds open. */
export interface Place {
  readonly pid: number;
  readonly fd: number;
  /** By these two it is known that what was opened is what was offered. */
  readonly device: number;
  readonly inode: number;
}

/** Memory of our own, all zeroes, that another process can open as long as its descriptor is open. */
export interface Segment {
  readonly mapping: Mapping;
  readonly place: Place;
  /** From here on nobody can open it; who has mapped it keeps it. May be called again. */
  close(): void;
}

/** @param folder - on a file system in memory. Throws an `Error` where there is no room, no such folder, or no such file there. */
export function offerSegment(native: Native, folder: string, bytes: number): Segment {
  const fd = fs.openSync(folder, O_TMPFILE | fs.constants.O_RDWR | fs.constants.O_EXCL, 0o600);
  try {
    const errno = native.allocate(fd, bytes);
    if (errno !== 0) throw new Error(`${getSystemErrorName(-errno)}: ${bytes} bytes can't be reserved in ${folder}`);
    const { dev: device, ino: inode } = fs.fstatSync(fd);
    if (!Number.isSafeInteger(device) || !Number.isSafeInteger(inode)) throw new Error(`inode ${inode} in ${folder}`);
    const mapping = native.map(fd, bytes);
    let open = true;
    const close = (): void => {
      // Once: the number may be that of another file by then.
      if (open) fs.closeSync(fd);
      open = false;
    };
    return { mapping, place: { pid: process.pid, fd, device, inode }, close };
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
}

/** Maps what another process has offered. Throws an `Error` where it can't be opened, or is something else. */
export function takeSegment(native: Native, { pid, fd: theirs, device, inode }: Place, bytes: number): Mapping {
  const path = `/proc/${pid}/fd/${theirs}`;
  const fd = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY);
  try {
    const stats = fs.fstatSync(fd);
    const same = stats.dev === device && stats.ino === inode && stats.size === bytes;
    if (!same || !stats.isFile() || stats.uid !== process.geteuid?.())
      throw new Error(`${path} is not what was offered`);
    return native.map(fd, bytes);
  } finally {
    fs.closeSync(fd);
  }
}
