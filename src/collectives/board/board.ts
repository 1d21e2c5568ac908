/**
 * A board: collectives of ranks that share memory. One rank's side of it.
 *
 * What is done at it goes in rounds, in the same order on every rank. In round k a rank that has something to say fills its bank k mod
 * banks and says so (`fill`); whoever needs it waits for that (`filled`) and reads straight from the bank; who needs nothing more of this
 * round says so (`finish`). Before a bank is filled again all have to have finished the round for which it was (`room`). There are no
 * messages, no system calls and no locks: every word is written by one rank only.
 *
 * Whatever waits is done at once mostly, and else is a wait as for a message (`BoardKeeper`).
 */
import { constructorOf, dtypeOf, type TypedArray } from '../../wire/dtype.ts';
import { Frame } from '../../wire/frame.ts';
import type { Wait } from '../channel.ts';
import { type BoardMemory, Head, Own } from './memory.ts';

/** A step of another rank that one waits for. */
const Step = { FILLED: 0, WORKED: 1, FINISHED: 2 } as const;
type Step = (typeof Step)[keyof typeof Step];

export interface Awaited {
  readonly peer: number;
  readonly step: Step;
  /** The place of the word that tells, and what it is to be. */
  readonly at: number;
  readonly value: number;
}

/** What a board asks of the communicator whose it is. */
export interface BoardKeeper {
  /** Resolves when `board.reached(awaited)`. Rejects where that can't be any more. */
  wait(awaited: Awaited): Promise<void>;
  /** `peer` has made other calls before: those were over before it showed. */
  astray(peer: number): never;
  /** The fingerprint of `peer` is not ours to the letter. Throws unless they differ in what one of the two can't know. */
  differs(peer: number, theirs: Frame): void;
  /** Wakes `peer`, which sleeps. */
  ring(peer: number): void;
  /** Gives the processor to others for a moment; undefined where all ranks are in this process. */
  readonly yieldCpu: (() => void) | undefined;
  /** Ranks share processors. */
  readonly crowded: boolean;
  /** Hands over to the system what other calls have sent: others may need it before they come here. */
  flush(): void;
  /** The event loop has its turn, if it is time for that. */
  turn(): Wait;
}

/** Looks at a word before anything else is done: half a microsecond. */
const LOOKS = 50;
/**
 * Looks between two gifts of the processor: some 3 us. Another rank, or a thread of ours that V8 has, may wait for it; where nobody does
 * that costs a tenth of this.
 */
const LOOKS_ALONE = 400;
/** The same where ranks share processors: then most often one of them does. */
const LOOKS_CROWDED = 2;
/**
 * Milliseconds of this before it becomes a wait by a promise, which costs turns of the event loop on both sides: in these the longest bank is
 * copied twice. Where ranks share processors others have theirs meanwhile.
 */
const PATIENCE_ALONE = 0.03;
const PATIENCE_CROWDED = 0.2;
/** So many between two looks at the clock, in a crowd. */
const GIFTS = 8;

export class Board {
  readonly rank: number;
  readonly size: number;
  readonly bankBytes: number;
  readonly memory: BoardMemory;
  readonly #keeper: BoardKeeper;
  readonly #banks: number;
  readonly #own: number;
  /** The round to begin next. */
  #next: number;
  /** Rounds before this one have room. */
  #roomTo: number;
  // The call that is at it.
  #number = 0;
  #call = 0;
  #root = 0;
  #count = 0;
  #countHigh = 0;
  #history = 0;
  // Views on the data of all banks as arrays like one, and of one length, as far as they were asked for.
  #like: TypedArray | undefined;
  #length = -1;
  #elements: TypedArray[] = [];
  // The same as bytes.
  #partBytes = -1;
  #parts: { at: number; bytes: Uint8Array }[] = [];

  /** @param first - the number of the first round, which all ranks have finished. Numbers are 32 bits and go round and round. */
  constructor(memory: BoardMemory, rank: number, keeper: BoardKeeper, first = 0) {
    const { size, banks, bankBytes } = memory.shape;
    this.memory = memory;
    this.rank = rank;
    this.size = size;
    this.bankBytes = bankBytes;
    this.#banks = banks;
    this.#next = first;
    this.#roomTo = (first + banks) | 0;
    memory.words[memory.own(rank) + Own.FINISHED] = first;
    this.#own = memory.own(rank);
    this.#keeper = keeper;
  }

  /** The next call comes to it. `stamp` has its fingerprint. */
  begin(number: number, stamp: Frame): void {
    // Of the call before: who only writes in a call does not see what the others do in it.
    const known = Math.imul(this.#number, 31) ^ (this.#call & 0xffff) ^ (this.#root << 16);
    this.#history = Math.imul(this.#history ^ known, 0x01000193) + 1;
    this.#number = number;
    this.#call = stamp.collective | (stamp.op << 8) | (stamp.algorithm << 16) | (stamp.callDtype << 24);
    this.#root = stamp.root | 0;
    this.#count = stamp.count | 0;
    this.#countHigh = Math.floor(stamp.count / 2 ** 32);
  }

  /** Ranks share processors. */
  get crowded(): boolean {
    return this.#keeper.crowded;
  }

  /** To be asked between two pieces of a long call: the event loop is not to wait for its end. */
  turn(): Wait {
    return this.#keeper.turn();
  }

  /** Begins a round. Every rank begins the same ones. */
  next(): number {
    const round = this.#next;
    this.#next = (round + 1) | 0;
    return round;
  }

  /** Before our bank is filled: nobody reads any more what was in it. HOT (bench: allreduce). */
  room(round: number): Wait {
    return ((this.#roomTo - round) | 0) > 0 ? undefined : this.#makeRoom(round);
  }

  /** Our bank is filled; `note` is for those who read it. HOT (bench: allreduce). */
  fill(round: number, note = 0): void {
    const { words } = this.memory;
    const head = this.memory.head(this.rank, round);
    words[head + Head.WORKED] = round;
    words[head + Head.NOTE] = note;
    this.#sign(head);
    Atomics.store(words, head + Head.FILLED, (round + 1) | 0);
    this.#wakeOthers();
  }

  /** `peer` has filled its bank. HOT (bench: allreduce). */
  filled(peer: number, round: number): Wait {
    const at = this.memory.head(peer, round) + Head.FILLED;
    const value = (round + 1) | 0;
    if (!this.#isFilled(at, value)) {
      const awaited = { peer, step: Step.FILLED, at, value };
      if (!this.#look(awaited)) return this.#keeper.wait(awaited).then(() => this.#compare(peer, at));
    }
    this.#compare(peer, at);
    return undefined;
  }

  /** All have. */
  allFilled(round: number): Wait {
    for (let step = 1; step < this.size; step++) {
      const wait = this.filled(this.#after(step), round);
      if (wait) return this.#restFilled(wait, step + 1, round);
    }
    return undefined;
  }

  /** What `peer` has noted in its bank, once that is filled. */
  note(peer: number, round: number): number {
    return this.memory.words[this.memory.head(peer, round) + Head.NOTE]!;
  }

  /** A second step of a round: we have worked on what is in our bank. */
  work(round: number): void {
    Atomics.store(this.memory.words, this.memory.head(this.rank, round) + Head.WORKED, (round + 1) | 0);
    this.#wakeOthers();
  }

  /** `peer` has worked on what is in its bank. */
  worked(peer: number, round: number): Wait {
    const at = this.memory.head(peer, round) + Head.WORKED;
    const awaited = { peer, step: Step.WORKED, at, value: (round + 1) | 0 };
    return this.#look(awaited) ? undefined : this.#keeper.wait(awaited);
  }

  /**
   * We need nothing more of this round. In each one a rank has filled its bank, with room, or waited for one that has: so all have
   * finished the round for which our bank was filled last, and its header may change. HOT (bench: allreduce).
   */
  finish(round: number): void {
    const { words } = this.memory;
    const value = (round + 1) | 0;
    const head = this.memory.head(this.rank, round);
    if (words[head + Head.FILLED] !== value) {
      // We had nothing to say. An old number would be mistaken for a new one once numbers have gone around.
      words[head + Head.FILLED] = value;
      this.#sign(head);
    }
    Atomics.store(words, this.#own + Own.FINISHED, value);
    this.#wakeOthers();
  }

  #sign(head: number): void {
    const { words } = this.memory;
    words[head + Head.NUMBER] = this.#number;
    words[head + Head.CALL] = this.#call;
    words[head + Head.ROOT] = this.#root;
    words[head + Head.COUNT] = this.#count;
    words[head + Head.COUNT_HIGH] = this.#countHigh;
    words[head + Head.HISTORY] = this.#history;
  }

  /** The elements in the bank of `rank`: of the dtype of `like`, `length` of them. HOT (bench: allreduce). */
  elements(like: TypedArray, length: number, rank: number, round: number): TypedArray {
    if (like !== this.#like || length !== this.#length) {
      if (this.#like === undefined || dtypeOf(like) !== dtypeOf(this.#like) || length !== this.#length)
        this.#elements = [];
      this.#like = like;
      this.#length = length;
    }
    return (this.#elements[this.#slot(rank, round)] ??= this.#view(like, length, rank, round));
  }

  #view(like: TypedArray, length: number, rank: number, round: number): TypedArray {
    const ArrayOf = constructorOf(dtypeOf(like)) ?? Uint8Array;
    return new ArrayOf(this.memory.buffer, this.memory.data(rank, round), length);
  }

  /** Bytes in the bank of `rank`, from `at` of the board's memory on. HOT (bench: allgather, alltoall, bcast). */
  part(at: number, bytes: number, rank: number, round: number): Uint8Array {
    if (bytes !== this.#partBytes) {
      this.#partBytes = bytes;
      this.#parts = [];
    }
    const slot = this.#slot(rank, round);
    const known = this.#parts[slot];
    if (known !== undefined && known.at === at) return known.bytes;
    const part = { at, bytes: this.memory.bytes.subarray(at, at + bytes) };
    this.#parts[slot] = part;
    return part.bytes;
  }

  #slot(rank: number, round: number): number {
    return rank * this.#banks + (round & (this.#banks - 1));
  }

  // ── Waiting ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Whether it has come to what is awaited. */
  reached({ step, at, value }: Awaited): boolean {
    if (step === Step.FILLED) return this.#isFilled(at, value);
    const now = Atomics.load(this.memory.words, at);
    return step === Step.WORKED ? now === value : ((now - value) | 0) >= 0;
  }

  /** Whoever brings on what is awaited is to wake us. False: it has come. */
  sleep(awaited: Awaited): boolean {
    Atomics.store(this.memory.words, this.#own + Own.ASLEEP, 1 + awaited.peer);
    return !this.reached(awaited);
  }

  wake(): void {
    Atomics.store(this.memory.words, this.#own + Own.ASLEEP, 0);
  }

  /** A bank that was filled for the same round, but in another call, is one of a rank that disagrees: messages will show it. */
  #isFilled(at: number, value: number): boolean {
    const { words } = this.memory;
    return Atomics.load(words, at) === value && words[at + Head.NUMBER] === this.#number;
  }

  #look(awaited: Awaited): boolean {
    const { yieldCpu, crowded } = this.#keeper;
    const looks = crowded ? LOOKS_CROWDED : LOOKS_ALONE;
    if (this.#lookTimes(awaited, crowded ? looks : LOOKS)) return true;
    this.#keeper.flush();
    if (yieldCpu === undefined) return false;
    const end = performance.now() + (crowded ? PATIENCE_CROWDED : PATIENCE_ALONE);
    do {
      for (let gift = crowded ? GIFTS : 1; gift > 0; gift--) {
        if (this.#lookTimes(awaited, looks)) return true;
        yieldCpu();
      }
    } while (performance.now() < end);
    return this.reached(awaited);
  }

  #lookTimes(awaited: Awaited, looks: number): boolean {
    for (let look = 0; look < looks; look++) if (this.reached(awaited)) return true;
    return false;
  }

  /** HOT (bench: allreduce). */
  #compare(peer: number, head: number): void {
    const { words } = this.memory;
    if (words[head + Head.HISTORY] !== this.#history) this.#search(peer);
    if (
      words[head + Head.CALL] !== this.#call ||
      words[head + Head.ROOT] !== this.#root ||
      words[head + Head.COUNT] !== this.#count ||
      words[head + Head.COUNT_HIGH] !== this.#countHigh
    ) {
      this.#keeper.differs(peer, this.#stampIn(head));
    }
  }

  /** Finds the call that was not the same, as far as banks still tell of it. */
  #search(peer: number): never {
    const { words } = this.memory;
    for (let round = 0; round < this.#banks; round++) {
      const [ours, theirs] = [this.memory.head(this.rank, round), this.memory.head(peer, round)];
      const same = (word: number) => words[ours + word] === words[theirs + word];
      if (same(Head.NUMBER) && !(same(Head.CALL) && same(Head.ROOT))) this.#keeper.differs(peer, this.#stampIn(theirs));
    }
    return this.#keeper.astray(peer);
  }

  #stampIn(head: number): Frame {
    const { words } = this.memory;
    const call = words[head + Head.CALL]!;
    const frame = new Frame();
    frame.tag = words[head + Head.NUMBER]!;
    frame.collective = call & 255;
    frame.op = (call >>> 8) & 255;
    frame.algorithm = (call >>> 16) & 255;
    frame.callDtype = call >>> 24;
    frame.root = words[head + Head.ROOT]! >>> 0;
    frame.count = (words[head + Head.COUNT_HIGH]! >>> 0) * 2 ** 32 + (words[head + Head.COUNT]! >>> 0);
    return frame;
  }

  async #restFilled(first: Promise<void>, step: number, round: number): Promise<void> {
    await first;
    for (; step < this.size; step++) {
      const wait = this.filled(this.#after(step), round);
      if (wait) await wait;
    }
  }

  #makeRoom(round: number): Wait {
    const needed = (round - this.#banks + 1) | 0;
    let least = round;
    for (let step = 1; step < this.size; step++) {
      const peer = this.#after(step);
      const at = this.memory.own(peer) + Own.FINISHED;
      const awaited = { peer, step: Step.FINISHED, at, value: needed };
      if (!this.#look(awaited)) return this.#roomLater(awaited, round);
      const finished = Atomics.load(this.memory.words, at);
      if (((finished - least) | 0) < 0) least = finished;
    }
    this.#roomTo = (least + this.#banks) | 0;
    return undefined;
  }

  async #roomLater(awaited: Awaited, round: number): Promise<void> {
    await this.#keeper.wait(awaited);
    const more = this.#makeRoom(round);
    if (more) await more;
  }

  /** Only a rank that sleeps until we do something. HOT (bench: allreduce). */
  #wakeOthers(): void {
    const { words } = this.memory;
    const ours = 1 + this.rank;
    for (let peer = 0; peer < this.size; peer++) {
      const at = this.memory.own(peer) + Own.ASLEEP;
      if (Atomics.load(words, at) === ours && Atomics.compareExchange(words, at, ours, 0) === ours) {
        this.#keeper.ring(peer);
      }
    }
  }

  #after(step: number): number {
    const peer = this.rank + step;
    return peer < this.size ? peer : peer - this.size;
  }
}
