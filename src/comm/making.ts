/** Making communicators of the ranks of one (MPI 4.1, section 7.4.2): who is in the new one, and its number. */
import { digestOf } from '../base/digest.ts';
import { tellAll, tellDown, tellNothing } from '../collectives/formation.ts';
import type { CollectiveName } from '../collectives/registry.ts';
import { childrenOf, parentOf } from '../collectives/shapes/binomial.ts';
import * as errors from '../errors.ts';
import { checkTag } from '../p2p/arguments.ts';
import { checkLimits, checkWaiting, type WaitOptions } from '../p2p/guard.ts';
import { recv } from '../p2p/receive.ts';
import { send } from '../p2p/send.ts';
import { BLOCK, communicatorId } from './context-ids.ts';
import { Domain } from './domain.ts';
import { Group } from './group.ts';

/** The same ranks in the same order. */
export async function dupDomain(domain: Domain): Promise<Domain> {
  const { told: id, number } = await numbered(domain, nextOfBlock(domain, 'dup'));
  return derived(domain, id, `dup of ${domain.name}`, domain.endpoints, number);
}

export async function splitDomain(
  domain: Domain,
  color: number | undefined,
  key: number,
  call: 'split' | 'splitType' | 'sub' = 'split',
  known?: { count: number },
): Promise<Domain | undefined> {
  if (color !== undefined && !Number.isSafeInteger(color)) throw errors.badColor(color);
  if (typeof key !== 'number' || Number.isNaN(key)) throw errors.badKey(key);
  // Whoever becomes the first of its color names the new communicator; who that is, all learn by the same message.
  const own = Float64Array.of(color ?? Number.NaN, key, domain.member.takeSerial());
  const { told, number } = await numbered(domain, tellAll(domain, call, own, known));
  if (color === undefined) return undefined;
  const ranks: number[] = [];
  for (let rank = 0; rank < told.size; rank++) if (told.at(rank, 0) === color) ranks.push(rank);
  const keyOf = (rank: number) => told.at(rank, 1);
  // Not by their difference: both may be infinite.
  ranks.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : a - b));
  const first = ranks[0] as number;
  const endpoints = ranks.map((rank) => domain.endpoints[rank] as number);
  const id = communicatorId(endpoints[0] as number, told.at(first, 2), 0);
  const names = {
    split: `split of ${domain.name}, color ${color}`,
    splitType: `${domain.name} on ${hostOf(domain)}`,
    sub: `slice of ${domain.name}`,
  };
  return derived(domain, id, names[call], endpoints, number);
}

export async function createDomain(domain: Domain, group: Group): Promise<Domain | undefined> {
  checkGroup(domain, group, 'create');
  const { self } = domain.engine;
  const leads = group.endpoints[0] === self;
  const digest = digestOf(group.endpoints);
  const own = Float64Array.of(group.rank === undefined ? -1 : digest, leads ? domain.member.takeSerial() : -1);
  const { told, number } = await numbered(domain, tellAll(domain, 'create', own));
  if (group.rank === undefined) return undefined;
  const rankOf = new Map(domain.endpoints.map((endpoint, rank) => [endpoint, rank]));
  const ranks = group.endpoints.map((endpoint) => rankOf.get(endpoint) as number);
  const other = ranks.find((rank) => told.at(rank, 0) !== digest);
  if (other !== undefined) throw errors.groupsDiffer('create', other);
  const serial = told.at(ranks[0] as number, 1);
  const id = communicatorId(group.endpoints[0] as number, serial, 0);
  return derived(domain, id, `group of ${domain.name}`, group.endpoints, number);
}

/**
 * What the parent in the tree says. Every call of it says something, so a call that this rank has given up leaves a message to come, which
 * is not for the next call.
 */
async function hear(
  domain: Domain,
  parent: number,
  tag: number,
  options: WaitOptions | undefined,
): Promise<Float64Array> {
  const { missed, formation } = domain;
  const key = `${parent},${tag}`;
  let due = 1 + (missed.get(key) ?? 0);
  missed.delete(key);
  try {
    for (;;) {
      const told = await recv<Float64Array>(formation, 'createGroup', parent, tag, options);
      if (--due === 0) return told;
    }
  } catch (error) {
    const givenUp = errors.isMpiError(error, 'ERR_TIMEOUT') || errors.isMpiError(error, 'ERR_ABORTED');
    if (givenUp) missed.set(key, due + (missed.get(key) ?? 0));
    throw error;
  }
}

/** Down a binomial tree of the members, whose first names the new communicator. */
export async function createGroupDomain(
  domain: Domain,
  group: Group,
  tag: number,
  options: WaitOptions | undefined,
): Promise<Domain> {
  const call = 'createGroup';
  checkGroup(domain, group, call);
  checkTag(call, tag, false);
  checkLimits(call, options);
  const { rank, endpoints } = group;
  if (rank === undefined) throw errors.notAMember(call);
  const { formation, member, engine } = domain;
  const rankHere = (endpoint: number | undefined) => domain.endpoints.indexOf(endpoint as number);
  /** To those below this rank in a tree of `members`, whose communicator has this serial number, or NaN: there is none. */
  const pass = (serial: number, members: readonly number[]) => {
    const told = Float64Array.of(serial, ...members);
    const below = childrenOf(members.indexOf(engine.self), members.length).map((child) => rankHere(members[child]));
    return Promise.all(below.map((child) => send(formation, call, told, child, tag, false, undefined)));
  };
  let serial: number;
  // Those below must not wait for a rank that gives up, nor count on it: they fail as well. By the tree in which they wait for it.
  let waiting = endpoints;
  try {
    if (rank === 0) {
      checkWaiting(call, options);
      serial = member.takeSerial();
    } else {
      const parent = rankHere(endpoints[parentOf(rank)]);
      const [first, ...members] = await hear(domain, parent, tag, options);
      serial = first as number;
      if (members.join() !== endpoints.join()) {
        if (members.includes(engine.self)) waiting = members;
        throw errors.groupsDiffer(call, parent);
      }
      if (Number.isNaN(serial)) throw errors.notFormed(call, parent);
    }
  } catch (error) {
    pass(Number.NaN, waiting).catch(() => {});
    throw error;
  }
  await pass(serial, endpoints);
  const id = communicatorId(endpoints[0] as number, serial, 0);
  return derived(domain, id, `group of ${domain.name}`, endpoints);
}

/**
 * The number of the next communicator that all ranks of `domain` make together: the next one of a block, which every rank knows. Only
 * when a block has been used up has rank 0 to name another one.
 */
async function nextOfBlock(domain: Domain, call: CollectiveName): Promise<number> {
  // All of this before the first await: calls take their numbers in the order in which they are made.
  const { block } = domain;
  if (block.next === BLOCK) {
    block.next = 0;
    block.serial = tellDown(domain, call, domain.rank === 0 ? domain.member.takeSerial() : 0);
  } else tellNothing(domain, call);
  const index = block.next++;
  return communicatorId(domain.endpoints[0] as number, await block.serial, index);
}

/** What ranks tell each other, and the number of the collective by which they do: the one that has just begun. */
export async function numbered<T>(domain: Domain, telling: Promise<T>): Promise<{ told: T; number: number }> {
  const number = domain.lastCall;
  return { told: await telling, number };
}

/** @param number - of the call of all ranks of `domain` that makes it; left out where only some of them make the call. */
export function derived(
  domain: Domain,
  id: number,
  name: string,
  endpoints: readonly number[],
  number?: number,
): Domain {
  const { member, engine } = domain;
  const rank = endpoints.indexOf(engine.self);
  const madeBy = number === undefined ? undefined : { parent: domain, number };
  return new Domain({ member, id, name, endpoints, rank, ...(madeBy && { madeBy }) });
}

function hostOf({ member, engine }: Domain): string {
  return member.hosts[engine.self] as string;
}

function checkGroup(domain: Domain, group: unknown, call: string): asserts group is Group {
  if (!(group instanceof Group)) throw errors.notAGroup(call, group);
  const known = new Set(domain.endpoints);
  if (!group.endpoints.every((endpoint) => known.has(endpoint))) throw errors.groupOutside(call, domain.name);
}
