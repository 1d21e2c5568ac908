/** Memory that the ranks of a communicator share (collectives/board): from where, and what else a board needs of this process. */
import type { OfferedMemory, SharedMemory, SharedMemorySource } from '../collectives/board/memory.ts';
import { BoardWaits } from '../comm/board-waits.ts';
import type { Sharing } from '../comm/member.ts';
import type { Mapping, Native, NativeSource } from '../native/native.ts';
import { offerSegment, takeSegment } from '../transport/shm/segment.ts';

/**
 * @param crowded - there are more ranks on this host than cores.
 * @param refused - told why a communicator has no board where it could have one.
 */
export function sharingOf(
  source: NativeSource,
  folder: string,
  crowded: boolean,
  refused: (reason: string) => void,
): Sharing {
  return {
    source: new Segments(source, folder),
    waits: new BoardWaits(),
    yieldCpu: () => nativeOf(source).yieldCpu,
    crowded,
    refused,
  };
}

/** Segments of the host's shared memory, told by the process that has made them. */
class Segments implements SharedMemorySource {
  readonly #source: NativeSource;
  readonly #folder: string;

  constructor(source: NativeSource, folder: string) {
    this.#source = source;
    this.#folder = folder;
  }

  offer(bytes: number): OfferedMemory {
    const { mapping, place, close } = offerSegment(nativeOf(this.#source), this.#folder, bytes);
    const address = Float64Array.of(place.pid, place.fd, place.device, place.inode);
    return { memory: memoryOf(mapping), address, close };
  }

  take(address: Float64Array, bytes: number): SharedMemory {
    const [pid = 0, fd = 0, device = 0, inode = 0] = address;
    return memoryOf(takeSegment(nativeOf(this.#source), { pid, fd, device, inode }, bytes));
  }
}

function memoryOf(mapping: Mapping): SharedMemory {
  return { buffer: mapping.buffer, release: () => mapping.unmap() };
}

function nativeOf(source: NativeSource): Native {
  const native = source();
  if (typeof native === 'string') throw new Error(native);
  return native;
}
