/**
 * The few system calls that Node.js does not offer, through koffi: the only importer of it.
 *
 * koffi is an optional dependency. Where it is missing, or does not work, everything goes over `net` alone.
 */
import { closeSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Memory that other processes have mapped, too. */
export interface Mapping {
  readonly buffer: ArrayBuffer;
  /** After this no view on the buffer may be touched. */
  unmap(): void;
}

/** Sockets that are looked at together. */
export interface Watch {
  /** Watched until it is closed. */
  add(fd: number): void;
  /** Without waiting: fills in some of those that have bytes, an end or an error to tell, and says how many these are. */
  look(ready: number[]): number;
  close(): void;
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
  /** Says of many sockets at once which of them can be read (epoll(7)); none where the system has no more descriptors. */
  watch(): Watch | undefined;
  /** Reserves the first `bytes` of a file (posix_fallocate(3)), so that no write to a mapping of it fails. 0, or the errno. */
  allocate(fd: number, bytes: number): number;
  /** Maps the first `bytes` of a file, shared (mmap(2)). @throws Error with the errno. */
  map(fd: number, bytes: number): Mapping;
  /** Lets another thread or process run that waits for this core (sched_yield(2)). */
  yieldCpu(): void;
}

/** Gives the calls, or why there are none, when somebody first needs them: to load koffi takes a process some 10 ms. */
export type NativeSource = () => Native | string;

/** What koffi is for us. */
interface Koffi {
  load(path: null): { func(prototype: string): (...args: unknown[]) => unknown };
  view(pointer: bigint, length: number): ArrayBuffer;
  errno(): number;
}

const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_MORE = 0x8000;
const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLLIN = 1;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_FAILED = 2n ** 64n - 1n;

/** `struct epoll_event` in words of 32 bits, and where its data begin: without gaps on x86 alone. */
const EVENT = process.arch === 'x64' || process.arch === 'ia32' ? { words: 3, data: 1 } : { words: 4, data: 2 };
const MAX_EVENTS = 64;

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
    watch: () => watcher(call),
    allocate: (fd, bytes) => fallocate(fd, 0, bytes),
    map(fd, bytes) {
      const address = mmap(null, bytes, PROT_READ_WRITE, MAP_SHARED, fd, 0);
      if (address === MAP_FAILED) throw new Error(`mmap of ${bytes} bytes: errno ${koffi.errno()}`);
      return { buffer: koffi.view(address, bytes), unmap: () => void munmap(address, bytes) };
    },
    yieldCpu: () => void yieldCpu(),
  };
}

function watcher(call: <F>(prototype: string) => F): Watch | undefined {
  const epoll = call<(flags: number) => number>('int epoll_create1(int flags)')(EPOLL_CLOEXEC);
  if (epoll < 0) return undefined;
  const control = call<(epoll: number, operation: number, fd: number, event: Int32Array) => number>(
    'int epoll_ctl(int epoll, int operation, int fd, void *event)',
  );
  const wait = call<(epoll: number, events: Int32Array, count: number, timeout: number) => number>(
    'int epoll_wait(int epoll, void *events, int count, int timeout)',
  );
  const events = new Int32Array(MAX_EVENTS * EVENT.words);
  return {
    add(fd) {
      const event = new Int32Array(EVENT.words);
      event[0] = EPOLLIN;
      event[EVENT.data] = fd;
      control(epoll, EPOLL_CTL_ADD, fd, event);
    },
    look(ready) {
      const count = wait(epoll, events, MAX_EVENTS, 0);
      for (let i = 0; i < count; i++) ready[i] = events[i * EVENT.words + EVENT.data]!;
      return count;
    },
    close: () => closeSync(epoll),
  };
}

type Transfer = (fd: number, memory: Uint8Array, length: number, flags: number) => number;
