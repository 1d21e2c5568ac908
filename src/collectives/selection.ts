/**
 * Which algorithm a call takes: the one that is asked for by name; else the cheapest by the model, where the links have been measured
 * (`model/`); else by the first rule here that fits.
 *
 * Rules may look only at what every rank knows alike. Where that is not so (`bcast`), the root chooses and announces its choice.
 * The limits for up to 8 ranks come from 3 and 4 ranks over sockets of a machine with 2 cores, where the total of copies and system
 * calls counts more than the critical path. Those for more ranks come from closed cost formulas, which are tested against `simulate`:
 * `npm run scale` prints, for networks of 10 and of 100 Gb/s, where the best algorithm changes. A limit lies between the two.
 */
import { invariant } from '../base/invariant.ts';
import { algorithmReorders, algorithmUnknown, collectiveUnknown, nothingShared } from '../errors.ts';
import type { CallChannel } from './channel.ts';
import type { CollectiveContext } from './context.ts';
import {
  type Algorithm,
  COLLECTIVES,
  type Collective,
  isSelectable,
  type RunOf,
  SELECTABLE,
  type SelectableName,
  SHARED_MEMORY,
  SHARED_MEMORY_CODE,
  TWO_LEVEL,
} from './registry.ts';

interface Limits {
  readonly collective: SelectableName;
  /** At most so many bytes of the whole vector or value. */
  readonly maxBytes?: number;
  /**
   * At most so many of them for each rank. Against an algorithm of log p messages, one of p messages costs more the more ranks there
   * are, and saves more the more bytes.
   */
  readonly maxBytesPerRank?: number;
  /** At most so many ranks. */
  readonly maxSize?: number;
  /** Only where the number of ranks is no power of two. */
  readonly folded?: true;
  /** Only for operators that commute. */
  readonly commutative?: true;
}

interface Rule extends Limits {
  readonly algorithm: string;
}

/** Only where there are several hosts, and several ranks on one of them at least. */
interface LevelRule extends Limits {
  /**
   * Where the ranks of each host follow one on another most steps of the other algorithms are within hosts by themselves: what they do
   * better then is in two levels only for ranks that lie scattered over the hosts.
   */
  readonly scattered?: true;
}

const KiB = 1024;

const LEVEL_RULES: readonly LevelRule[] = [
  { collective: 'barrier' },
  { collective: 'bcast' },
  { collective: 'allgather' },
  { collective: 'allgatherv' },
  { collective: 'reduce', scattered: true },
  { collective: 'reduce', maxBytes: 64 * KiB },
  { collective: 'allreduce', scattered: true },
  { collective: 'allreduce', maxBytes: 64 * KiB },
];

const RULES: readonly Rule[] = [
  { collective: 'barrier', algorithm: 'dissemination' },
  { collective: 'bcast', algorithm: 'binomial', maxBytes: 64 * KiB },
  { collective: 'bcast', algorithm: 'binomial', maxBytes: 512 * KiB, maxSize: 8 },
  { collective: 'bcast', algorithm: 'scatterRing', maxSize: 8 },
  { collective: 'bcast', algorithm: 'binomial', maxBytes: 8192 * KiB, maxBytesPerRank: 8 * KiB },
  { collective: 'bcast', algorithm: 'scatterRing', maxBytesPerRank: 256 * KiB },
  { collective: 'bcast', algorithm: 'chain' },
  { collective: 'scatter', algorithm: 'linear', maxSize: 32 },
  { collective: 'scatter', algorithm: 'binomial' },
  { collective: 'scatterv', algorithm: 'linear', maxSize: 32 },
  { collective: 'scatterv', algorithm: 'binomial' },
  { collective: 'gather', algorithm: 'linear', maxSize: 32 },
  { collective: 'gather', algorithm: 'binomial' },
  { collective: 'gatherv', algorithm: 'linear', maxSize: 32 },
  { collective: 'gatherv', algorithm: 'binomial' },
  { collective: 'allgather', algorithm: 'ring', maxSize: 4 },
  { collective: 'allgather', algorithm: 'bruck' },
  { collective: 'allgatherv', algorithm: 'ring', maxSize: 4 },
  { collective: 'allgatherv', algorithm: 'bruck' },
  { collective: 'alltoall', algorithm: 'pairwise', maxSize: 8 },
  { collective: 'alltoall', algorithm: 'bruck' },
  { collective: 'alltoallv', algorithm: 'pairwise', maxSize: 8 },
  { collective: 'alltoallv', algorithm: 'bruck' },
  { collective: 'reduce', algorithm: 'binomial', maxBytes: 64 * KiB },
  { collective: 'reduce', algorithm: 'binomial', maxBytes: 1024 * KiB, maxSize: 8 },
  { collective: 'reduce', algorithm: 'chain', maxSize: 8 },
  { collective: 'reduce', algorithm: 'binomial', maxBytesPerRank: KiB / 2 },
  { collective: 'reduce', algorithm: 'rabenseifner', maxBytesPerRank: 384 * KiB },
  { collective: 'reduce', algorithm: 'chain', folded: true },
  { collective: 'reduce', algorithm: 'rabenseifner' },
  { collective: 'allreduce', algorithm: 'recursiveDoubling', maxBytes: 64 * KiB },
  { collective: 'allreduce', algorithm: 'ring', maxSize: 8, folded: true, commutative: true },
  { collective: 'allreduce', algorithm: 'rabenseifner', maxBytesPerRank: 32 * KiB },
  { collective: 'allreduce', algorithm: 'ring', folded: true, commutative: true },
  { collective: 'allreduce', algorithm: 'rabenseifner' },
  { collective: 'scan', algorithm: 'recursiveDoubling', maxBytes: 16 * KiB },
  { collective: 'scan', algorithm: 'chain', maxSize: 8 },
  { collective: 'scan', algorithm: 'recursiveDoubling', maxBytesPerRank: 64 * KiB },
  { collective: 'scan', algorithm: 'chain' },
  { collective: 'exscan', algorithm: 'recursiveDoubling', maxBytes: 16 * KiB },
  { collective: 'exscan', algorithm: 'chain', maxSize: 8 },
  { collective: 'exscan', algorithm: 'recursiveDoubling', maxBytesPerRank: 64 * KiB },
  { collective: 'exscan', algorithm: 'chain' },
  ...reduceScatterRules('reduceScatter'),
  ...reduceScatterRules('reduceScatterBlock'),
];

const RULES_OF: ReadonlyMap<SelectableName, readonly Rule[]> = new Map(
  SELECTABLE.map((name) => [name, RULES.filter(({ collective }) => collective === name)]),
);

function reduceScatterRules(collective: SelectableName): Rule[] {
  return [
    { collective, algorithm: 'recursiveHalving', maxBytes: 16 * KiB, maxSize: 8, commutative: true },
    { collective, algorithm: 'pairwise', maxSize: 8, commutative: true },
    { collective, algorithm: 'linear', maxBytesPerRank: 32 * KiB, maxSize: 24, folded: true },
    { collective, algorithm: 'recursiveHalving', maxBytesPerRank: 32 * KiB, commutative: true },
    { collective, algorithm: 'pairwise', folded: true, commutative: true },
    { collective, algorithm: 'recursiveHalving', commutative: true },
    { collective, algorithm: 'linear' },
  ];
}

/** Values up to so many bytes go whole where receivers can't know what comes; larger ones are announced. */
const WHOLE_BYTES = 16 * KiB;

/** Announced values go in pieces of so many segments, except where they are pipelined. */
const SEGMENTS_A_PIECE = 64;

export function wholeBytes(context: CollectiveContext): number {
  return Math.min(WHOLE_BYTES, context.segmentBytes);
}

export function pieceBytes(context: CollectiveContext): number {
  return context.segmentBytes * SEGMENTS_A_PIECE;
}

/** What a choice depends on beside the number of ranks. */
export interface Traits {
  /** Bytes of the vector or value; left out where the ranks don't know them alike. */
  readonly bytes?: number;
  /** Default true: where there are no operands, no order is to be kept. */
  readonly commutative?: boolean;
  /** The name of the operator, for messages. */
  readonly op?: string;
}

/** What one call takes. */
export interface Choice<Run> {
  /** The algorithm by messages, and its code. */
  readonly run: Run;
  readonly byMessages: number;
  /** {@link Algorithm.whole} */
  readonly whole: boolean;
  /** What all ranks must choose alike: that code, or the one of shared memory, where the call goes through that if there is any. */
  readonly code: number;
}

/** {@link CallChannel.board}, where all ranks are to go through it. */
export function boardOf(channel: CallChannel, { code }: Choice<unknown>): ReturnType<CallChannel['board']> {
  return code === SHARED_MEMORY_CODE && channel.size > 1 ? channel.board() : undefined;
}

/**
 * The algorithm for one call. What the call itself asks for must exist and keep the order that its operator needs; what the
 * runtime prefers gives way to the rules where it doesn't.
 *
 * @throws MpiError ERR_ARG
 */
export function choose<Name extends SelectableName>(
  context: CollectiveContext,
  name: Name,
  asked: unknown,
  traits: Traits = {},
): Choice<RunOf<Name>> {
  const { sharedMemory } = COLLECTIVES[name];
  const fitting = (algorithm: Algorithm<unknown>) => keepsOrder(context, algorithm, traits);
  if (asked !== undefined && (asked !== SHARED_MEMORY || sharedMemory === undefined)) {
    const algorithm = typeof asked === 'string' ? algorithmOf(name, asked) : undefined;
    if (algorithm === undefined) throw algorithmUnknown(name, asked, namesOf(name));
    if (fitting(algorithm)) return choiceOf(algorithm, algorithm.code);
    const keeping = messageNamesOf(name).filter((key) => fitting(algorithmOf(name, key) as Algorithm<unknown>));
    throw algorithmReorders(name, String(asked), traits.op ?? 'the op', keeping);
  }
  if (asked !== undefined && context.unshared !== undefined) throw nothingShared(name, context.unshared);
  const wanted = context.algorithms.get(name);
  const preferred = wanted === undefined ? undefined : algorithmOf(name, wanted);
  const algorithm = preferred !== undefined && fitting(preferred) ? preferred : ruled(context, name, traits);
  const shares =
    asked !== undefined ||
    (sharedMemory !== undefined &&
      (wanted === SHARED_MEMORY ? context.unshared === undefined : algorithm !== preferred && context.sharesMemory));
  return choiceOf(algorithm, shares ? SHARED_MEMORY_CODE : algorithm.code);
}

function choiceOf<Run>(algorithm: Algorithm<Run>, code: number): Choice<Run> {
  return { run: algorithm.run, byMessages: algorithm.code, whole: algorithm.whole === true, code };
}

/** Whether operands meet in rank order, or need not. */
function keepsOrder(
  { hosts }: CollectiveContext,
  { reorders }: Algorithm<unknown>,
  { commutative = true }: Traits,
): boolean {
  return commutative || reorders === undefined || (reorders === 'scattered' && hosts.consecutive);
}

function ruled<Name extends SelectableName>(
  context: CollectiveContext,
  name: Name,
  traits: Traits,
): Algorithm<RunOf<Name>> {
  const { size, forecast } = context;
  const { bytes, commutative = true } = traits;
  const found = inLevels(context, name, traits)
    ? TWO_LEVEL
    : (forecast?.algorithm(name, bytes, commutative, byTable) ?? byTable(name, size, bytes ?? 0, commutative));
  const algorithm = algorithmOf(name, found);
  invariant(algorithm !== undefined, 'an algorithm that is not in the registry', name, found);
  return algorithm;
}

function inLevels(context: CollectiveContext, name: SelectableName, traits: Traits): boolean {
  const { size, hosts } = context;
  const { twoLevel } = COLLECTIVES[name];
  if (!hosts.twoLevels || twoLevel === undefined || !keepsOrder(context, twoLevel, traits)) return false;
  const { bytes = 0, commutative = true } = traits;
  return LEVEL_RULES.some(
    (rule) =>
      rule.collective === name && !(rule.scattered && hosts.consecutive) && fits(rule, size, bytes, commutative),
  );
}

/** What the rules say of one level. */
export function byTable(name: SelectableName, size: number, bytes: number, commutative: boolean): string {
  const rule = RULES_OF.get(name)?.find((candidate) => fits(candidate, size, bytes, commutative));
  invariant(rule !== undefined, 'no rule fits', name, size);
  return rule.algorithm;
}

function fits(rule: Limits, size: number, bytes: number, commutative: boolean): boolean {
  if (rule.maxBytes !== undefined && bytes > rule.maxBytes) return false;
  if (rule.maxBytesPerRank !== undefined && bytes > rule.maxBytesPerRank * size) return false;
  if (rule.maxSize !== undefined && size > rule.maxSize) return false;
  if (rule.folded && (size & (size - 1)) === 0) return false;
  return commutative || !rule.commutative;
}

function algorithmOf<Name extends SelectableName>(name: Name, key: string): Algorithm<RunOf<Name>> | undefined {
  const { algorithms, twoLevel } = COLLECTIVES[name] as Collective<RunOf<Name>>;
  if (key === TWO_LEVEL) return twoLevel;
  return Object.hasOwn(algorithms, key) ? algorithms[key] : undefined;
}

/** The algorithm with a code that a rank announced; undefined for none. */
export function algorithmWithCode<Name extends SelectableName>(
  name: Name,
  code: number,
): Algorithm<RunOf<Name>> | undefined {
  const { algorithms, twoLevel } = COLLECTIVES[name] as Collective<RunOf<Name>>;
  return twoLevel?.code === code ? twoLevel : Object.values(algorithms).find((algorithm) => algorithm.code === code);
}

/** The names of those that go by messages, as far as ranks share no memory. */
export function messageNamesOf(name: SelectableName): string[] {
  const { algorithms, twoLevel } = COLLECTIVES[name];
  return [...Object.keys(algorithms), ...(twoLevel === undefined ? [] : [TWO_LEVEL])];
}

function namesOf(name: SelectableName): string[] {
  return [...messageNamesOf(name), ...(COLLECTIVES[name].sharedMemory === undefined ? [] : [SHARED_MEMORY])];
}

/** Checks what a runtime prefers. @throws MpiError ERR_ARG for an unknown collective or algorithm, listing the names. */
export function checkAlgorithms(preferred: ReadonlyMap<string, string>): void {
  for (const [name, algorithm] of preferred) {
    if (!isSelectable(name)) throw collectiveUnknown(name, SELECTABLE);
    const names = namesOf(name);
    if (!names.includes(algorithm)) throw algorithmUnknown(name, algorithm, names);
  }
}
