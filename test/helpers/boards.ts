/** Ranks in this process that have boards (src/collectives/board): for them memory is shared anyway. */
import type { SharedMemorySource } from '../../src/collectives/board/memory.ts';
import { BoardWaits } from '../../src/comm/board-waits.ts';
import type { Communicator } from '../../src/comm/communicator.ts';
import type { BoardSettings, Sharing } from '../../src/comm/member.ts';
import { Spmd, type SpmdOptions } from '../../src/runtime/spmd.ts';

/** So small that hardly anything fits into one bank, and from the first call on. */
export const TINY: BoardSettings = { after: 0, banks: 4, bankBytes: 64 };

export interface BoardRun {
  readonly settings?: BoardSettings;
  /** Told of the memory of every board that is made. */
  readonly made?: (buffer: ArrayBuffer) => void;
  /** Told of every communicator that has none where it could have one. */
  readonly refused?: (reason: string) => void;
  /** This rank, counted in the order of their making, can't get the memory. */
  readonly without?: number;
  /** The host of each rank; left out: all are on one. */
  readonly hosts?: readonly string[] | undefined;
  /** As if there were more ranks than processors. */
  readonly crowded?: boolean;
}

/** {@link spmd} with boards. */
export function withBoards<T>(
  size: number,
  program: (comm: Communicator) => T | Promise<T>,
  options: SpmdOptions = {},
  { settings = TINY, made = () => {}, refused = () => {}, without, hosts, crowded = false }: BoardRun = {},
): Promise<T[]> {
  const memories = new Map<number, ArrayBuffer>();
  let ranks = 0;
  let next = 0;
  const remember = (buffer: ArrayBuffer): number => {
    memories.set(next, buffer);
    made(buffer);
    return next++;
  };
  const sharing = (): Sharing => {
    const rank = ranks++;
    return {
      source: sourceOf(memories, remember, rank === without),
      waits: new BoardWaits(),
      yieldCpu: () => undefined,
      crowded,
      refused,
    };
  };
  return new Spmd<T>(size, options, { sharing, settings }, hosts).run(program);
}

function sourceOf(
  memories: Map<number, ArrayBuffer>,
  remember: (buffer: ArrayBuffer) => number,
  fails: boolean,
): SharedMemorySource {
  const check = (): void => {
    if (fails) throw new Error('none left');
  };
  return {
    offer(bytes) {
      check();
      const buffer = new ArrayBuffer(bytes);
      const number = remember(buffer);
      return {
        memory: { buffer, release() {} },
        address: Float64Array.of(number),
        close: () => void memories.delete(number),
      };
    },
    take([number], bytes) {
      check();
      const buffer = memories.get(number as number);
      if (buffer?.byteLength !== bytes) throw new Error(`no memory ${number} of ${bytes} bytes`);
      return { buffer, release() {} };
    },
  };
}
