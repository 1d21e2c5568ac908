/** Shares out the ranks of a job over its hosts. Pure. */
import { counted } from '../counted.ts';
import { usage } from '../scan.ts';
import { hostText } from './host-name.ts';
import type { Host, Site } from './hosts.ts';
import type { Mapping } from './mapping.ts';
import type { HostPlan, Placement, RankPlace } from './placement.ts';

/** How many ranks a job has on these hosts when nobody says so. */
export function defaultRanks({ hosts, ranks }: Site, { perHost }: Mapping, cores: number): number {
  if (perHost !== undefined) return perHost.ranks * hosts.length;
  if (ranks !== undefined) return ranks;
  const [only] = hosts;
  if (hosts.length === 1 && only!.local && only!.slots === undefined) return cores;
  return sum(hosts.map(({ slots }) => slots ?? 1));
}

/**
 * `programs` has the number of ranks of each program; ranks are numbered through them.
 *
 * @throws LaunchFailure with exit code 2 when the hosts do not hold that many ranks, or not by this mapping.
 */
export function place(hosts: readonly Host[], programs: readonly number[], mapping: Mapping): Placement {
  const ranks = sum(programs);
  refuseTooMany(hosts, ranks, mapping);
  const order = mapping.by === 'node' ? inTurn(hosts, ranks, mapping) : oneAfterTheOther(hosts, ranks, mapping);
  const placement = number(hosts, order, programs);
  refuseOverfull(placement.hosts, mapping);
  return placement;
}

function refuseTooMany(hosts: readonly Host[], ranks: number, { perHost, oversubscribe }: Mapping): void {
  const across = hosts.length === 1 ? hostText(hosts[0]!.name) : `${hosts.length} hosts`;
  if (perHost !== undefined) {
    const { option } = perHost;
    const most = perHost.ranks * hosts.length;
    if (ranks > most) {
      throw usage(`${option}: ${across} can have ${counted(most, 'rank')} like that, and this job has ${ranks}`);
    }
    if (!perHost.exact || ranks % perHost.ranks === 0) return;
    throw usage(
      `${option}: the ${ranks} ranks of this job cannot be shared out like that; --ppn ${perHost.ranks} fills the hosts`,
    );
  }
  const slots = sum(hosts.map((host) => host.slots ?? Number.POSITIVE_INFINITY));
  if (ranks > slots && !oversubscribe) {
    throw usage(`${ranks} ranks are more than the ${slots} slots of ${across}; --oversubscribe allows it`);
  }
}

/** For each rank its host. First come the slots; where they do not suffice, all hosts that may have more share the rest evenly. */
function oneAfterTheOther(hosts: readonly Host[], ranks: number, { perHost }: Mapping): number[] {
  const room = hosts.map(({ slots }) => perHost?.ranks ?? slots ?? 1);
  if (ranks > sum(room)) {
    const open = hosts.some(({ slots }) => slots === undefined);
    const takers = [...hosts.keys()].filter((index) => !open || hosts[index]!.slots === undefined);
    // The one rank that a host without slots was counted with is shared out again.
    if (open) for (const index of takers) room[index] = 0;
    const rest = ranks - sum(room);
    for (const [i, index] of takers.entries()) room[index]! += Math.ceil((rest - i) / takers.length);
  }
  const order: number[] = [];
  for (const [index, count] of room.entries()) {
    for (let i = 0; i < count && order.length < ranks; i++) order.push(index);
  }
  return order;
}

/** For each rank its host: rounds over those that still have room, then, where there is none, over all. */
function inTurn(hosts: readonly Host[], ranks: number, { perHost }: Mapping): number[] {
  const order: number[] = [];
  const all = [...hosts.keys()];
  const room = (index: number) => perHost?.ranks ?? hosts[index]!.slots ?? Number.POSITIVE_INFINITY;
  let open = all;
  for (let round = 0; order.length < ranks; round++) {
    open = open.filter((index) => room(index) > round);
    for (const index of open.length > 0 ? open : all) if (order.length < ranks) order.push(index);
  }
  return order;
}

function number(hosts: readonly Host[], order: readonly number[], programs: readonly number[]): Placement {
  const plans: (Omit<HostPlan, 'ranks'> & { readonly ranks: number[] })[] = [];
  const positions = new Map<number, number>();
  const used = new Set(order);
  for (const [index, { name, slots, local }] of hosts.entries()) {
    if (used.has(index)) positions.set(index, plans.push({ name, slots, local, ranks: [] }) - 1);
  }
  const program = programs.flatMap((count, index) => new Array<number>(count).fill(index));
  const ranks = order.map((index, rank): RankPlace => {
    const host = positions.get(index)!;
    return { host, localRank: plans[host]!.ranks.push(rank) - 1, program: program[rank]! };
  });
  return { hosts: plans, ranks };
}

/** A number a host can ask for more than the slots of one of them. */
function refuseOverfull(hosts: readonly HostPlan[], { perHost, oversubscribe }: Mapping): void {
  if (perHost === undefined || oversubscribe) return;
  const full = hosts.find(({ slots, ranks }) => slots !== undefined && ranks.length > slots);
  if (full === undefined) return;
  const { option } = perHost;
  throw usage(`${option}: ${hostText(full.name)} has fewer slots than that, ${full.slots}; --oversubscribe allows it`);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
