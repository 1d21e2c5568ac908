/** Receives that are all posted before they are waited for, those with fewer wildcards first. */
import { ANY_SOURCE, ANY_TAG } from '../../../src/matching/envelope.ts';
import { testSome, waitAll, waitAny, waitSome } from '../../../src/p2p/completion.ts';
import type { Request } from '../../../src/p2p/request.ts';
import { type Place, shuffled, TAGS } from '../step.ts';
import type { Letter, Reception } from './messages.ts';

interface Pattern {
  readonly source: number;
  readonly tag: number;
  readonly level: number;
}

/** A receive under way. */
interface Posting extends Pattern {
  readonly posted: number;
  readonly request: Request;
}

/** Level 0 has no wildcard; level 1 one, on the same side in all receives of a rank; level 2 both, if any tag may be taken. */
function patternOf({ from, tag, wild }: Letter, way: string): Pattern {
  if (wild === 0 || way === 'posted') return { source: from, tag, level: 0 };
  if (way === 'posted, any source') return { source: ANY_SOURCE, tag, level: 1 };
  if (wild === 1) return { source: from, tag: ANY_TAG, level: 1 };
  return { source: ANY_SOURCE, tag: ANY_TAG, level: 2 };
}

export async function posted({ place, letters, way, taken }: Reception): Promise<void> {
  const { comm, tick, random, pause, members } = place;
  const post = (pattern: Pattern): Posting => {
    const { source, tag } = pattern;
    const begin = tick();
    const request = random() < 0.5 ? comm.irecv(source, tag) : comm.recvInit(source, tag).start();
    return { ...pattern, posted: begin, request };
  };
  const note = ({ source, tag, posted, request: { status } }: Posting, value: unknown) => {
    const got = { source: status.source, tag: status.tag, value };
    taken.push({ rank: comm.rank, source, tag, posted, ended: tick(), got });
  };
  // Nobody sends with this tag.
  const doomed = way.doomed ? post({ source: ANY_SOURCE, tag: members.step * TAGS + TAGS - 1, level: 0 }) : undefined;
  const patterns = letters.map((letter) => patternOf(letter, way.receive));
  doomed?.request.then(undefined, () => {});
  const postings: Posting[] = [];
  for (const pattern of shuffled(random, patterns).sort((a, b) => a.level - b.level)) {
    postings.push(post(pattern));
    if (way.wait !== 'each') continue;
    postings.at(-1)?.request.then(undefined, () => {});
    await pause();
  }
  try {
    await WAIT[way.wait](postings, note, place);
  } catch (error) {
    for (const { request } of postings) request.then(undefined, () => {});
    throw error;
  }
  if (doomed === undefined) return;
  const cancelled = await doomed.request.cancel();
  if (!cancelled || (await doomed.request) !== undefined) throw new Error('a receive that fits nothing was matched');
  taken.push({ rank: comm.rank, source: ANY_SOURCE, tag: doomed.tag, posted: doomed.posted, ended: tick() });
}

type Note = (posting: Posting, value: unknown) => void;
type Waiting = (postings: readonly Posting[], note: Note, place: Place) => Promise<void>;

const WAIT: Record<Reception['way']['wait'], Waiting> = {
  async each(postings, note, { random }) {
    for (const posting of shuffled(random, postings)) note(posting, await posting.request);
  },
  async all(postings, note) {
    const values = await waitAll(postings.map(({ request }) => request));
    for (const [i, posting] of postings.entries()) note(posting, values[i]);
  },
  async any(postings, note) {
    const requests = postings.map(({ request }) => request);
    for (let any = await waitAny(requests); any !== undefined; any = await waitAny(requests)) {
      note(postings[any.index] as Posting, any.value);
    }
  },
  async some(postings, note) {
    const requests = postings.map(({ request }) => request);
    for (let left = postings.length; left > 0; ) {
      const some = (await waitSome(requests)) ?? [];
      for (const { index, value } of some) note(postings[index] as Posting, value);
      left -= some.length;
    }
  },
  async test(postings, note, place) {
    const requests = postings.map(({ request }) => request);
    for (let left = postings.length; left > 0; ) {
      const some = testSome(requests) ?? [];
      for (const { index, value } of some) note(postings[index] as Posting, value);
      left -= some.length;
      if (some.length === 0) await place.turn();
    }
  },
};
