/**
 * Making intercommunicators (MPI 4.1, section 7.6): two groups without a common member, each told who the other is.
 *
 * Each group is a domain of its own, in which it does its part of collectives; a third one, the bridge, lies between them: there the
 * ranks are those of the other group. One process names all three, and the group that it is of is the first: its numbers are the bridge,
 * the first group, the second.
 */
import type { InterContext } from '../collectives/inter/context.ts';
import { tellAcross } from '../collectives/inter/formation.ts';
import * as errors from '../errors.ts';
import { communicatorId } from './context-ids.ts';
import { Domain } from './domain.ts';

/** What an intercommunicator is made of, on one rank. */
export interface Sides extends InterContext {
  readonly local: Domain;
  readonly bridge: Domain;
}

/** What a group has to know of the other one and of what lies between them. */
export interface Pairing {
  /** Who has named the intercommunicator, and its serial number. */
  readonly endpoint: number;
  readonly serial: number;
  /** Whether our group is the first. */
  readonly first: boolean;
  /** Endpoints of the other group, by rank. */
  readonly theirs: readonly number[];
}

/** @param group - ours, as it is. */
export function openSides(group: Domain, name: string, pairing: Pairing): Sides {
  const { member, endpoints, rank } = group;
  const { endpoint, serial, first } = pairing;
  const id = communicatorId(endpoint, serial, first ? 1 : 2);
  const local = new Domain({ member, id, name, endpoints, rank });
  const bridge = openBridge(group, name, pairing);
  local.partner = bridge;
  bridge.partner = local;
  return { local, bridge, first };
}

export function openBridge({ member, rank }: Domain, name: string, pairing: Pairing): Domain {
  const { endpoint, serial, first, theirs } = pairing;
  const [ours, others] = first ? ['first', 'second'] : ['second', 'first'];
  const sides = { ours: ` of the ${ours} group`, theirs: ` of the ${others} group` };
  return new Domain({ member, id: communicatorId(endpoint, serial, 0), name, endpoints: theirs, rank, sides });
}

/** The same groups. */
export async function dupSides(sides: Sides): Promise<Sides> {
  const { local, bridge, first } = sides;
  const { ours, theirs } = await tellAcross(sides, 'dup', Float64Array.of(serialFrom(local)));
  const serial = (first ? ours : theirs)[0] as number;
  const pairing = { endpoint: namerOf(sides), serial, first, theirs: bridge.endpoints };
  return openSides(local, `dup of ${local.name}`, pairing);
}

/** One group of both (MPI 4.1, section 7.6.3): that with `high` false before the other; the first before the second if they give the same. */
export async function mergeSides(sides: Sides, high: boolean): Promise<Domain> {
  if (typeof high !== 'boolean') throw errors.badFlag(high);
  const { local, bridge, first } = sides;
  const own = Float64Array.of(serialFrom(local), high ? 0 : 1, high ? 1 : 0);
  const { ours, theirs } = await tellAcross(sides, 'merge', own);
  const [former, latter] = first ? [ours, theirs] : [theirs, ours];
  for (const [told, group] of [
    [former, 'first'],
    [latter, 'second'],
  ] as const) {
    if (told[1] === told[2]) throw errors.flagsDiffer(group);
  }
  const wePrecede = ours[2] === theirs[2] ? first : ours[2] === 0;
  const endpoints = wePrecede ? [...local.endpoints, ...bridge.endpoints] : [...bridge.endpoints, ...local.endpoints];
  const { member } = local;
  const id = communicatorId(namerOf(sides), former[0] as number, 0);
  const rank = endpoints.indexOf(local.engine.self);
  return new Domain({ member, id, name: `merge of ${local.name}`, endpoints, rank });
}

/** Rank 0 of the first group names what is made of both. */
function namerOf({ local, bridge, first }: Sides): number {
  return (first ? local : bridge).endpoints[0] as number;
}

/** A number for it, which is known once all have told theirs. */
function serialFrom(local: Domain): number {
  return local.rank === 0 ? local.member.takeSerial() : 0;
}
