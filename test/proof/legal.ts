/**
 * Which outcomes of a batch of messages MPI allows (MPI 4.1, section 3.5): wildcards leave many, so an outcome is not compared with
 * one but judged. Knows nothing of how the runtime matches.
 *
 * Every message must have been received once, by a receive that it fits. An outcome is legal if the ends of all receives
 * can be put in one order in which
 *  - what was over before a receive was posted comes before it;
 *  - a receive that was posted earlier and that the message fits ended before it: it got another message, or was withdrawn;
 *  - messages that the same sender sent earlier, and that fit, were received before (non-overtaking).
 */
import { ANY_SOURCE, ANY_TAG } from '../../src/matching/envelope.ts';
import { Wrong } from './step.ts';
import { alike, show } from './values.ts';

/** One message, with the moment of its send. */
export interface Sent {
  readonly from: number;
  readonly to: number;
  readonly tag: number;
  readonly value: unknown;
  readonly at: number;
}

/** One receive with its pattern. Moments are numbers that grow. */
export interface Taken {
  readonly rank: number;
  readonly source: number;
  readonly tag: number;
  readonly posted: number;
  /** When the program knew of its end. */
  readonly ended: number;
  /** It waits in no queue: messages go to receives first, whenever these were posted (mprobe). */
  readonly aside?: boolean;
  /** Left out: it was withdrawn. */
  readonly got?: { readonly source: number; readonly tag: number; readonly value: unknown };
}

const fits = ({ source, tag }: Taken, message: Sent) =>
  (source === ANY_SOURCE || source === message.from) && (tag === ANY_TAG || tag === message.tag);

/** @throws Wrong */
export function judge(sent: readonly Sent[], taken: readonly Taken[]): void {
  const messages = [...sent].sort((a, b) => a.at - b.at);
  const messageOf = new Map<Taken, Sent>();
  const takerOf = new Map<Sent, Taken>();
  for (const receive of taken) {
    const { got, rank } = receive;
    if (got === undefined) continue;
    const isIt = (m: Sent) =>
      m.to === rank && m.from === got.source && m.tag === got.tag && !takerOf.has(m) && alike(m.value, got.value);
    const message = messages.find(isIt);
    const what = `${show(got.value)} from ${got.source} with tag ${got.tag}`;
    if (message === undefined) throw new Wrong(`rank ${rank} received ${what}, which was not sent (once more)`);
    if (!fits(receive, message))
      throw new Wrong(`rank ${rank} received ${what} by (${receive.source}, ${receive.tag})`);
    messageOf.set(receive, message);
    takerOf.set(message, receive);
  }
  const lost = messages.find((message) => !takerOf.has(message));
  if (lost !== undefined) throw new Wrong(`${show(lost.value)} from ${lost.from} to ${lost.to} was lost`);

  /** What must have ended before `later`. */
  const before = (later: Taken): Taken[] => {
    const message = messageOf.get(later);
    const earlier = taken.filter((one) => {
      if (one === later || one.rank !== later.rank) return false;
      if (one.ended < later.posted) return true;
      return message !== undefined && !one.aside && one.posted < later.posted && fits(one, message);
    });
    if (message === undefined) return earlier;
    const overtaken = messages.filter(
      (m) => m.at < message.at && m.from === message.from && m.to === message.to && fits(later, m),
    );
    return [...earlier, ...overtaken.map((m) => takerOf.get(m) as Taken)];
  };
  const cycle = cycleOf(taken, before);
  if (cycle === undefined) return;
  const told = cycle.map((one) => `(${one.source}, ${one.tag}) ${one.got ? show(one.got.value) : 'withdrawn'}`);
  throw new Wrong(`rank ${cycle[0]?.rank}: overtaken, no order explains ${told.join(', ')}`);
}

/** A cycle among nodes, by depth-first search. */
function cycleOf<T>(nodes: readonly T[], before: (node: T) => readonly T[]): T[] | undefined {
  const done = new Set<T>();
  const path: T[] = [];
  const visit = (node: T): T[] | undefined => {
    if (done.has(node)) return undefined;
    if (path.includes(node)) return path.slice(path.indexOf(node));
    path.push(node);
    for (const one of before(node)) {
      const cycle = visit(one);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    done.add(node);
    return undefined;
  };
  for (const node of nodes) {
    const cycle = visit(node);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
