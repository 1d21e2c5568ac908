import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { type Awaited, Board, type BoardKeeper } from '../../../src/collectives/board/board.ts';
import { BoardMemory } from '../../../src/collectives/board/memory.ts';
import { Frame } from '../../../src/wire/frame.ts';

/** What a round is for: all write and read all, one writes and all read, all write and one reads, all work on what they wrote. */
const KINDS = ['all', 'bcast', 'reduce', 'worked'] as const;

interface Round {
  readonly kind: (typeof KINDS)[number];
  readonly root: number;
}

/** Ranks at one board, of which a seed draws who goes on. */
class Ranks {
  readonly random: () => number;
  readonly memory: BoardMemory;
  readonly boards: Board[];
  readonly #waiting: { board: Board; awaited: Awaited; go: () => void }[] = [];
  rings = 0;
  sleeps = 0;

  constructor(size: number, banks: number, first: number, seed: number) {
    this.random = seededRandom(seed);
    const shape = { size, banks, bankBytes: 64 };
    const buffer = new ArrayBuffer(BoardMemory.bytesFor(shape));
    this.memory = new BoardMemory({ buffer, release() {} }, shape);
    this.boards = Array.from({ length: size }, (_, rank) => new Board(this.memory, rank, this.#keeper(rank), first));
  }

  #keeper(rank: number): BoardKeeper {
    return {
      yieldCpu: undefined,
      crowded: false,
      flush() {},
      turn: () => undefined,
      wait: (awaited) =>
        new Promise((go) => {
          const board = this.boards[rank] as Board;
          this.#waiting.push({ board, awaited, go });
          // Some sleep, and count on being woken.
          if (this.random() < 0.5 && board.sleep(awaited)) this.sleeps++;
        }),
      differs: (peer) => {
        throw new Error(`rank ${peer} differs from ${rank}`);
      },
      astray: (peer) => {
        throw new Error(`rank ${peer} went astray, says ${rank}`);
      },
      ring: () => {
        this.rings++;
      },
    };
  }

  /** Lets those that can go on do so, one at a time, until nobody can. */
  async run(): Promise<void> {
    for (let idle = 0; idle < 20; ) {
      const able = this.#waiting.filter(({ board, awaited }) => board.reached(awaited));
      const next = able[Math.floor(this.random() * able.length)];
      if (next === undefined) {
        idle++;
      } else {
        idle = 0;
        this.#waiting.splice(this.#waiting.indexOf(next), 1);
        next.board.wake();
        next.go();
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  get stuck(): number {
    return this.#waiting.length;
  }
}

function stampOf(collective: number, root: number): Frame {
  const frame = new Frame();
  frame.collective = collective;
  frame.root = root + 1;
  return frame;
}

/** What a rank writes: told from everything else that is ever written. */
const said = (rank: number, call: number, worked = 0) => rank * 1e6 + call * 10 + worked;

async function program(
  board: Board,
  rounds: readonly Round[],
  pause: () => Promise<void> | undefined,
): Promise<number[]> {
  const like = new Float64Array(1);
  const heard: number[] = [];
  const at = (rank: number, round: number) => board.elements(like, 1, rank, round) as Float64Array;
  for (const [call, { kind, root }] of rounds.entries()) {
    board.begin(call, stampOf(1 + KINDS.indexOf(kind), root));
    const round = board.next();
    const writes = kind !== 'bcast' || board.rank === root;
    if (writes) {
      await board.room(round);
      at(board.rank, round)[0] = said(board.rank, call);
      await pause();
      board.fill(round, call);
    }
    if (kind === 'worked') {
      await board.allFilled(round);
      at(board.rank, round)[0] = said(board.rank, call, 1);
      await pause();
      board.work(round);
    }
    for (let peer = 0; peer < board.size; peer++) {
      const reads = kind === 'all' || kind === 'worked' || (kind === 'bcast' ? peer === root : board.rank === root);
      if (!reads) continue;
      if (peer !== board.rank) await (kind === 'worked' ? board.worked(peer, round) : board.filled(peer, round));
      await pause();
      expect(board.note(peer, round)).toBe(call);
      heard.push(at(peer, round)[0] as number);
    }
    board.finish(round);
  }
  return heard;
}

/** The same, from what the rounds mean. */
function expected(rank: number, size: number, rounds: readonly Round[]): number[] {
  return rounds.flatMap(({ kind, root }, call) => {
    const peers =
      kind === 'bcast'
        ? [root]
        : kind === 'reduce' && rank !== root
          ? []
          : Array.from({ length: size }, (_, peer) => peer);
    return peers.map((peer) => said(peer, call, kind === 'worked' ? 1 : 0));
  });
}

describe('ranks at a board', () => {
  it.each([0, 2 ** 31 - 40, -40])(
    'hear what was said to them, in any order of events, from round %i on',
    async (first) => {
      for (let seed = 1; seed <= 12; seed++) {
        const size = 2 + (seed % 4);
        const ranks = new Ranks(size, seed % 2 ? 4 : 8, first | 0, seed);
        const { random } = ranks;
        const pick = (many: number) => Math.floor(random() * many);
        const rounds = Array.from({ length: 80 }, () => ({ kind: KINDS[pick(4)] as Round['kind'], root: pick(size) }));
        const pause = () => (random() < 0.2 ? new Promise<void>((resolve) => setImmediate(resolve)) : undefined);
        const results = Promise.all(ranks.boards.map((board) => program(board, rounds, pause)));
        await ranks.run();
        expect({ seed, stuck: ranks.stuck }).toEqual({ seed, stuck: 0 });
        for (const [rank, heard] of (await results).entries()) {
          expect({ seed, rank, heard }).toEqual({ seed, rank, heard: expected(rank, size, rounds) });
        }
      }
    },
  );

  it('wake who sleeps for them, and nobody else', async () => {
    const ranks = new Ranks(3, 4, 0, 7);
    const [a, b, c] = ranks.boards as [Board, Board, Board];
    for (const board of [a, b, c]) board.begin(0, stampOf(1, 0));
    expect([a.next(), b.next(), c.next()]).toEqual([0, 0, 0]);
    const awaited: Awaited = { peer: 1, step: 0, at: ranks.memory.head(1, 0), value: 1 };
    expect(a.sleep(awaited)).toBe(true);
    c.fill(0);
    expect(ranks.rings).toBe(0);
    b.fill(0);
    expect(ranks.rings).toBe(1);
    expect(a.sleep(awaited)).toBe(false);
    c.finish(0);
    expect(ranks.rings).toBe(1);
  });

  it('notice that one has made another call, also one in which nobody waited for it', async () => {
    for (const roots of [
      [0, 1],
      [1, 0],
    ] as const) {
      const ranks = new Ranks(2, 4, 0, 1);
      for (const [rank, board] of ranks.boards.entries()) {
        board.begin(0, stampOf(2, roots[rank] as number));
        const round = board.next();
        if (roots[rank] === rank) board.fill(round);
        board.finish(round);
        board.begin(1, stampOf(1, -1));
        board.fill(board.next());
      }
      expect(() => ranks.boards[0]?.filled(1, 1)).toThrow('rank 1 differs from 0');
    }
  });

  it('do not take for theirs what one has written in another call', () => {
    const ranks = new Ranks(2, 4, 0, 1);
    const [a, b] = ranks.boards as [Board, Board];
    a.begin(0, stampOf(1, -1));
    b.begin(1, stampOf(1, -1));
    b.fill(b.next());
    expect(a.filled(1, a.next())).toBeInstanceOf(Promise);
  });
});
