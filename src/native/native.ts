/**
 * The few system calls that Node.js does not offer, through koffi: the only importer of it.
 *
 * koffi is an optional dependency. Where it is missing, or does not work, everything goes over `net` alone.
 */
import { createRequire } from 'node:module';

/** Memory that other processes have mapped, too. */
export interface Mapping {
  readonly buffer: ArrayBuffer;
  /** After this no view on the buffer may be touched. */
  unmap(): void;
}

/** Where nothing is there yet, or no room: not an error. */
export const WOULD_BLOCK = -11; // EAGAIN

export interface Native {
  /** recv(2) without waiting: how many bytes, 0 at the end of the stream; or the negative errno, mostly {@link WOULD_BLOCK}. */
  recv(fd: number, memory: Uint8Array): number;
  /**
   * send(2) without waiting and without SIGPIPE: how many bytes the system took; or the negative errno.
   *
   * @param more - the next call follows at once: TCP need not make a segment of this one alone (MSG_MORE).
   */
  send(fd: number, memory: Uint8Array, more?: boolean): number;
  /**
   * poll(2) without waiting: how many of the first `count` entries have something to tell.
   *
   * @param entries - two numbers each, as {@link pollEntry} makes them; what there is to tell stands in the upper half of the second.
   */
  poll(entries: Int32Array, count: number): number;
  /** Reserves the first `bytes` of a file (posix_fallocate(3)), so that no write to a mapping of it fails. 0, or the errno. */
  allocate(fd: number, bytes: number): number;
  /** Maps the first `bytes` of a file, shared (mmap(2)). @throws Error with the errno. */
  map(fd: number, bytes: number): Mapping;
  /** Lets another thread or process run that waits for this core (sched_yield(2)). */
  yieldCpu(): void;
}

/** Gives the calls when they are first asked for: to load koffi takes a process some 10 ms. None where they are not to be had. */
export type NativeSource = () => Native | undefined;

/** Asks {@link Native.poll} whether a socket can be read, or written as well. */
export function pollEntry(entries: Int32Array, at: number, fd: number, write: boolean): void {
  entries[2 * at] = fd;
  entries[2 * at + 1] = write ? POLLIN | POLLOUT : POLLIN;
}

/** Whether {@link Native.poll} has found something to read or write there, an end, or an error. */
export function pollTells(entries: Int32Array, at: number): boolean {
  return entries[2 * at + 1]! >>> 16 !== 0;
}

/** What koffi is for us. */
interface Koffi {
  load(path: null): { func(prototype: string): (...args: unknown[]) => unknown };
  view(pointer: bigint, length: number): ArrayBuffer;
  errno(): number;
}

const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_MORE = 0x8000;
const POLLIN = 1;
const POLLOUT = 4;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_FAILED = 2n ** 64n - 1n;

/** @returns the calls, or why there are none. */
export function loadNative(): Native | string {
  // The numbers above are Linux's.
  if (process.platform !== 'linux') return `not known on ${process.platform}`;
  try {
    return bind(createRequire(import.meta.url)('koffi') as Koffi);
  } catch (error) {
    return `koffi can't be loaded: ${(error as Error).message.split('\n', 1)[0]}`;
  }
}

function bind(koffi: Koffi): Native {
  const libc = koffi.load(null);
  const call = <F>(prototype: string) => libc.func(prototype) as unknown as F;
  const recv = call<Transfer>('int64_t recv(int fd, void *buffer, size_t length, int flags)');
  const send = call<Transfer>('int64_t send(int fd, const void *buffer, size_t length, int flags)');
  const poll = call<(entries: Int32Array, count: number, timeout: number) => number>(
    'int poll(void *entries, uint64_t count, int timeout)',
  );
  const fallocate = call<(fd: number, offset: number, bytes: number) => number>(
    'int posix_fallocate(int fd, int64_t offset, int64_t length)',
  );
  const mmap = call<(...args: (number | null)[]) => bigint>(
    'void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)',
  );
  const munmap = call<(address: bigint, bytes: number) => number>('int munmap(void *address, size_t length)');
  const yieldCpu = call<() => number>('int sched_yield()');

  return {
    recv(fd, memory) {
      const bytes = recv(fd, memory, memory.byteLength, MSG_DONTWAIT);
      return bytes >= 0 ? bytes : -koffi.errno();
    },
    send(fd, memory, more = false) {
      const flags = more ? MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE : MSG_DONTWAIT | MSG_NOSIGNAL;
      const bytes = send(fd, memory, memory.byteLength, flags);
      return bytes >= 0 ? bytes : -koffi.errno();
    },
    poll: (entries, count) => poll(entries, count, 0),
    allocate: (fd, bytes) => fallocate(fd, 0, bytes),
    map(fd, bytes) {
      const address = mmap(null, bytes, PROT_READ_WRITE, MAP_SHARED, fd, 0);
      if (address === MAP_FAILED) throw new Error(`mmap of ${bytes} bytes: errno ${koffi.errno()}`);
      return { buffer: koffi.view(address, bytes), unmap: () => void munmap(address, bytes) };
    },
    yieldCpu: () => void yieldCpu(),
  };
}

type Transfer = (fd: number, memory: Uint8Array, length: number, flags: number) => number;
