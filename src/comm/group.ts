import { inspect } from 'node:util';
import { badRange, listedTwice, notAGroup, notAList, notInGroup } from '../errors.ts';
import { PROC_NULL } from '../matching/envelope.ts';

/** The ranks first, first + stride, … as far as last, which need not be among them; stride may be negative. */
export type RankRange = readonly [first: number, last: number, stride: number];

/** How two groups compare: the same members in the same order, the same members, or neither. */
export type GroupComparison = 'ident' | 'similar' | 'unequal';

/** An ordered set of processes (MPI 4.1, section 7.3). It never changes: what derives a group gives a new one. All is local. */
export class Group {
  /** Endpoint of each member, by its rank in the group. @internal */
  readonly endpoints: readonly number[];
  /** Our rank in the group, or `undefined` when we are no member. */
  readonly rank: number | undefined;
  /** Our own endpoint, member or not: a group that is derived from this one may contain us. */
  readonly #self: number;
  #rankOf: ReadonlyMap<number, number> | undefined;

  /** @internal Made by communicators. */
  constructor(endpoints: readonly number[], self: number) {
    this.endpoints = endpoints;
    this.#self = self;
    const rank = endpoints.indexOf(self);
    this.rank = rank < 0 ? undefined : rank;
  }

  /** Number of members. */
  get size(): number {
    return this.endpoints.length;
  }

  /** `Group of 3, our rank 1`: what `console.log` shows, too. */
  toString(): string {
    return `Group of ${this.size}, ${this.rank === undefined ? 'without us' : `our rank ${this.rank}`}`;
  }

  [inspect.custom](): string {
    return this.toString();
  }

  /** The ranks of the members: 0 to size - 1. */
  get ranks(): number[] {
    return [...this.endpoints.keys()];
  }

  /** All members of this group, then those of the other that are not in this one. */
  union(other: Group): Group {
    checkGroup('union', other);
    return this.#derived([...this.endpoints, ...other.endpoints.filter((endpoint) => !this.#index.has(endpoint))]);
  }

  /** The members of this group that are in the other too, in the order of this one. */
  intersection(other: Group): Group {
    checkGroup('intersection', other);
    return this.#derived(this.endpoints.filter((endpoint) => other.#index.has(endpoint)));
  }

  /** The members of this group that are not in the other, in the order of this one. */
  difference(other: Group): Group {
    checkGroup('difference', other);
    return this.#derived(this.endpoints.filter((endpoint) => !other.#index.has(endpoint)));
  }

  /** The members with these ranks, in the order of the list. */
  include(ranks: readonly number[]): Group {
    checkList('include', 'ranks', ranks, '[0, 1]');
    return this.#picked(this.#chosen('include', ranks.entries(), inList));
  }

  /** The members without these ranks, in the order of this group. */
  exclude(ranks: readonly number[]): Group {
    checkList('exclude', 'ranks', ranks, '[0, 1]');
    return this.#without(this.#chosen('exclude', ranks.entries(), inList));
  }

  /** The members with the ranks of these ranges, one range after the other. */
  rangeInclude(ranges: readonly RankRange[]): Group {
    checkList('rangeInclude', 'ranges', ranges, '[[0, 6, 2]]');
    return this.#picked(this.#chosen('rangeInclude', ranksOf('rangeInclude', ranges), inRange));
  }

  /** The members without the ranks of these ranges, in the order of this group. */
  rangeExclude(ranges: readonly RankRange[]): Group {
    checkList('rangeExclude', 'ranges', ranges, '[[0, 6, 2]]');
    return this.#without(this.#chosen('rangeExclude', ranksOf('rangeExclude', ranges), inRange));
  }

  /** The ranks that these members have in the other group: `undefined` where not in it, PROC_NULL for PROC_NULL. */
  translateRanks(ranks: readonly number[], other: Group): (number | undefined)[] {
    checkList('translateRanks', 'ranks', ranks, '[0, 1]');
    checkGroup('translateRanks', other);
    return Array.from(ranks, (rank, index) => {
      if (rank === PROC_NULL) return PROC_NULL;
      if (!this.#has(rank)) throw notInGroup('translateRanks', inList(index), rank, this.size);
      return other.#index.get(this.endpoints[rank]!);
    });
  }

  /** `ident`: the same members in the same order; `similar`: the same members; else `unequal`. */
  compare(other: Group): GroupComparison {
    checkGroup('compare', other);
    if (this.size !== other.size) return 'unequal';
    if (this.endpoints.every((endpoint, rank) => endpoint === other.endpoints[rank])) return 'ident';
    return this.endpoints.every((endpoint) => other.#index.has(endpoint)) ? 'similar' : 'unequal';
  }

  /** Rank of each endpoint, made when it is first needed. */
  get #index(): ReadonlyMap<number, number> {
    return (this.#rankOf ??= new Map(this.endpoints.map((endpoint, rank) => [endpoint, rank])));
  }

  #has(rank: unknown): boolean {
    return Number.isInteger(rank) && (rank as number) >= 0 && (rank as number) < this.size;
  }

  /** The ranks of a list, each of them ours and listed once; `name` says for an entry of the list where it stands. */
  #chosen(call: string, entries: Iterable<[number, number]>, name: (index: number) => string): Set<number> {
    const chosen = new Set<number>();
    for (const [index, rank] of entries) {
      if (!this.#has(rank)) throw notInGroup(call, name(index), rank, this.size);
      if (chosen.has(rank)) throw listedTwice(call, rank);
      chosen.add(rank);
    }
    return chosen;
  }

  #picked(ranks: Set<number>): Group {
    return this.#derived(Array.from(ranks, (rank) => this.endpoints[rank]!));
  }

  #without(ranks: Set<number>): Group {
    return this.#derived(this.endpoints.filter((_, rank) => !ranks.has(rank)));
  }

  #derived(endpoints: readonly number[]): Group {
    return new Group(endpoints, this.#self);
  }
}

const inList = (index: number) => `ranks[${index}]`;
const inRange = (index: number) => `a rank of ranges[${index}]`;

function checkGroup(call: string, other: unknown): void {
  if (!(other instanceof Group)) throw notAGroup(call, other);
}

function checkList(call: string, name: string, list: unknown, example: string): void {
  if (!Array.isArray(list)) throw notAList(call, name, list, example);
}

/** Each rank of the ranges with the index of its range; one after the other, as the first that is too large ends it. */
function* ranksOf(call: string, ranges: readonly RankRange[]): Generator<[number, number]> {
  for (const [index, range] of ranges.entries()) {
    if (!Array.isArray(range) || range.length !== 3 || !range.every(Number.isInteger))
      throw badRange(call, `ranges[${index}]`, range);
    const [first, last, stride] = range as RankRange;
    if (stride === 0 || (last - first) * stride < 0) throw badRange(call, `ranges[${index}]`, range);
    const steps = Math.floor((last - first) / stride);
    for (let step = 0; step <= steps; step++) yield [index, first + step * stride];
  }
}
