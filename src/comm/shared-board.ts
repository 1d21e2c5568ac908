/**
 * The board of a communicator (../collectives/board): how its ranks on our host come to memory that they share, and which call is at it.
 * Where all its ranks are on one host calls may go through it and nothing else; where they are not, it serves the part of calls in two levels
 * (../collectives/levels) that is within a host, and each host has its own.
 *
 * It is made in a call, by messages of that call: the first rank offers memory, each of the others says whether it has got it, and the first
 * says whether all have. So all ranks of the host know from the same call on whether there is one. Where there is none calls go by messages, silently.
 */
import { type Awaited, Board, type BoardKeeper } from '../collectives/board/board.ts';
import { BoardMemory, type OfferedMemory, type SharedMemory } from '../collectives/board/memory.ts';
import type { Channel, Wait } from '../collectives/channel.ts';
import type { HostMap } from '../collectives/levels/host-map.ts';
import { PartChannel } from '../collectives/levels/part.ts';
import { SHARED_MEMORY } from '../collectives/registry.ts';
import * as errors from '../errors.ts';
import type { Frame } from '../wire/frame.ts';
import { decode, encode } from '../wire/value.ts';
import { BoardReceive } from './board-waits.ts';
import { type BoardDesk, type CollectiveChannel, settled } from './channel.ts';
import type { Domain } from './domain.ts';

/** More ranks on one host are served as well by messages. */
const MOST_RANKS = 16;

/** So many ranks have banks of full length. */
const FEW_RANKS = 4;

/** After so many milliseconds the event loop has its turn, whatever happens; so many calls lie between two looks at the clock. */
const TURN = 0.5;
const LOOK = 16;

const NOBODY = new Int32Array(0);

type Turn = Board | undefined;

export class SharedBoard implements BoardDesk, BoardKeeper {
  readonly #domain: Domain;
  /** The ranks of our host. */
  readonly #ranks: Int32Array;
  /** Those are all. */
  readonly #whole: boolean;
  /** Why there is none. */
  #refusal: string | undefined;
  /** As far as all of them know by themselves. */
  readonly #possible: boolean;
  #board: Board | undefined;
  /** The call that is at it, and those that wait for their turn. */
  #holder: CollectiveChannel | null = null;
  /** It is used from the call of this number on. */
  #from: number;
  readonly #queue: { readonly channel: CollectiveChannel; readonly go: (turn: Turn) => void }[] = [];
  #onIdle: (() => void) | undefined;
  #calls = 0;
  #turned = 0;
  #ended = false;
  yieldCpu: (() => void) | undefined;

  /** @param alone - it is no half of an intercommunicator. */
  constructor(domain: Domain, alone: boolean) {
    this.#domain = domain;
    this.#from = domain.member.settings.board.after;
    const { member, rank, size } = domain;
    // Across two groups our rank is not among those of the domain.
    this.#ranks = alone && member.sharing !== undefined ? domain.hosts.ranksOn(domain.hosts.hostOf(rank)) : NOBODY;
    this.#whole = this.#ranks.length === size;
    if (member.sharing === undefined) this.#refusal = 'these ranks share no memory';
    else if (!alone) this.#refusal = 'the other group has its own';
    else if (this.#ranks.length > MOST_RANKS) this.#refusal = `${this.#ranks.length} ranks are more than ${MOST_RANKS}`;
    this.#possible = this.#ranks.length > 1 && this.#refusal === undefined;
  }

  get hosts(): HostMap {
    return this.#domain.hosts;
  }

  get crowded(): boolean {
    return this.#domain.member.sharing?.crowded ?? false;
  }

  /** Why there is none that all ranks share. */
  get refusal(): string | undefined {
    return this.#refusal ?? (this.#whole ? undefined : 'not all ranks are on one host');
  }

  /**
   * Whether the call of this number comes here with all it has to do, unless it asks for something else. On all ranks alike: also where it
   * has turned out that there is no board, since others may not know it yet.
   */
  serves(number: number): boolean {
    return this.#whole && this.#possible && number >= this.#from;
  }

  // ── One call after the other ───────────────────────────────────────────────────────────────────────────────────────

  board(channel: CollectiveChannel): Turn | Promise<Turn> {
    if (!this.#possible) return undefined;
    // Numbers start again after 2^31: by then it has long been made.
    if (channel.number < this.#from) {
      if (!this.#whole) return undefined;
      this.#from = channel.number;
    }
    if (this.#refusal !== undefined) return undefined;
    if (this.#holder === channel) return this.#board;
    if (this.#holder !== null) return new Promise((go) => this.#queue.push({ channel, go }));
    this.#holder = channel;
    if (this.#board === undefined) return this.#make(channel);
    const board = this.#board;
    return this.turn()?.then(() => this.#begin(channel, board)) ?? this.#begin(channel, board);
  }

  /** This call has done its part. */
  leave(channel: CollectiveChannel): void {
    if (this.#holder !== channel) return;
    this.#holder = null;
    const next = this.#queue.shift();
    if (next === undefined) {
      this.#onIdle?.();
      if (this.#ended) this.#release();
      return;
    }
    this.#holder = next.channel;
    // A call that failed while the board was made leaves the communicator unusable: those after it find that out by themselves.
    next.go(this.#board && this.#begin(next.channel, this.#board));
  }

  #begin(channel: CollectiveChannel, board: Board): Board {
    board.begin(channel.number, channel.stamp);
    return board;
  }

  /** Resolves when no call is at it any more; undefined if none is. */
  idle(): Promise<void> | undefined {
    return this.#holder === null ? undefined : new Promise((resolve) => (this.#onIdle = resolve));
  }

  /** The communicator is gone. */
  end(): void {
    this.#ended = true;
    this.#refusal ??= 'it has been freed';
    if (this.#holder === null) this.#release();
  }

  #release(): void {
    const board = this.#board;
    this.#board = undefined;
    board?.memory.release();
  }

  // ── Making it ──────────────────────────────────────────────────────────────────────────────────────────────────────

  async #make(channel: CollectiveChannel): Promise<Turn> {
    const { sharing, settings } = this.#domain.member;
    const { banks, bankBytes } = settings.board;
    const host = new PartChannel(channel, this.#ranks);
    const { rank, size } = host;
    const shape = { size, banks, bankBytes: shareOf(bankBytes, size) };
    const memory =
      rank === 0
        ? await this.#offer(host, BoardMemory.bytesFor(shape))
        : await this.#take(host, BoardMemory.bytesFor(shape));
    if (typeof memory === 'string') return this.#refuse(memory);
    this.yieldCpu = sharing?.yieldCpu();
    this.#board = new Board(new BoardMemory(memory, shape), rank, this);
    return this.#begin(channel, this.#board);
  }

  /** Those who wait for their turn go by messages, like this call. */
  #refuse(reason: string): undefined {
    this.#refusal = reason;
    this.#domain.member.sharing?.refused(`${this.#domain.name}: ${reason}`);
    this.#holder = null;
    for (const { go } of this.#queue.splice(0)) go(undefined);
    this.#onIdle?.();
    return undefined;
  }

  /** The first rank's part. Answers the memory, or why there is none. */
  async #offer(channel: Channel, bytes: number): Promise<SharedMemory | string> {
    let offered: OfferedMemory | undefined;
    let refusal = '';
    try {
      offered = this.#domain.member.sharing!.source.offer(bytes);
    } catch (error) {
      refusal = (error as Error).message;
    }
    try {
      await this.#tellAll(channel, offered?.address ?? refusal);
      if (offered === undefined) return refusal;
      for (let peer = 1; peer < channel.size; peer++) {
        const answer = (await hear(channel, peer)) as string;
        if (answer !== '') refusal ||= `rank ${this.#ranks[peer]}: ${answer}`;
      }
      await this.#tellAll(channel, refusal);
    } catch (error) {
      refusal ||= 'the call in which it was made has failed';
      throw error;
    } finally {
      offered?.close();
      if (refusal !== '') offered?.memory.release();
    }
    return refusal === '' ? offered.memory : refusal;
  }

  /** The others' part. */
  async #take(channel: Channel, bytes: number): Promise<SharedMemory | string> {
    const address = (await hear(channel, 0)) as Float64Array | string;
    if (typeof address === 'string') return address;
    let memory: SharedMemory | undefined;
    let refusal = '';
    try {
      memory = this.#domain.member.sharing!.source.take(address, bytes);
    } catch (error) {
      refusal = (error as Error).message;
    }
    try {
      const told = tell(channel, refusal, 0);
      if (told) await told;
      refusal = (await hear(channel, 0)) as string;
    } catch (error) {
      memory?.release();
      throw error;
    }
    if (refusal === '' && memory !== undefined) return memory;
    memory?.release();
    return refusal;
  }

  async #tellAll(channel: Channel, what: unknown): Promise<void> {
    for (let peer = 1; peer < channel.size; peer++) {
      const told = tell(channel, what, peer);
      if (told) await told;
    }
  }

  // ── What the board asks for ────────────────────────────────────────────────────────────────────────────────────────

  wait(awaited: Awaited): Promise<void> {
    const op = new BoardReceive(
      this.#holder!,
      this.#inAll(awaited.peer),
      this.#board!,
      awaited,
      this.#domain.member.sharing!.waits,
    );
    op.begin();
    return settled(op) ?? Promise.resolve();
  }

  differs(peer: number, theirs: Frame): void {
    theirs.source = this.#inAll(peer);
    this.#domain.inspect(theirs);
    const { broken } = this.#domain.collective;
    if (broken !== null) throw broken;
  }

  astray(peer: number): never {
    throw errors.differedBefore(this.#domain.name, this.#inAll(peer), this.#holder!.describe());
  }

  ring(peer: number): void {
    this.#domain.tell(this.#inAll(peer), this.#holder!);
  }

  /** The rank that is at this place of the board. */
  #inAll(peer: number): number {
    return this.#ranks[peer] as number;
  }

  flush(): void {
    this.#domain.engine.flush();
  }

  /** Where nobody ever has to wait, the event loop has no turn by itself. HOT (bench: allreduce, barrier). */
  turn(): Promise<void> | undefined {
    if (++this.#calls % LOOK !== 0) return undefined;
    const now = performance.now();
    if (now - this.#turned < TURN) return undefined;
    this.#turned = now;
    return new Promise<void>((resolve) => this.#domain.engine.clock.soon(resolve));
  }

  /** Somebody has done something for which we slept. */
  rung(): void {
    if (this.#board !== undefined) this.#domain.member.sharing?.waits.rung(this.#board);
  }
}

/** Bytes of a bank where so many ranks have banks: whole cache lines. */
function shareOf(bankBytes: number, size: number): number {
  return Math.max(64, Math.floor((bankBytes * Math.min(1, FEW_RANKS / size)) / 64) * 64);
}

function tell(channel: Channel, what: unknown, dest: number): Wait {
  return channel.sendPacket(encode(what, SHARED_MEMORY), dest);
}

async function hear(channel: Channel, source: number): Promise<unknown> {
  return decode(await channel.recvPacket(source), undefined, SHARED_MEMORY);
}
