/**
 * A batch of messages: any senders, receivers, tags, sizes and kinds of send; each rank receives in its own way.
 *
 * Every batch can be completed, whatever is matched with what. Sends go out in the order of the list. A rank that is `ordered` takes
 * its place in that order with its receives, too; the other ways receive beside the sends, and never wait for a certain
 * message where another one may have to come first:
 *  - posted ahead: receives with fewer wildcards first, so they get theirs before a wildcard can take it;
 *  - one after the other with both wildcards.
 */
import fc from 'fast-check';
import { judge, type Sent, type Taken } from '../legal.ts';
import { type Kind, type Members, type Place, TAGS } from '../step.ts';
import { isBare, KINDS, valueFor } from '../values.ts';
import { ordered } from './ordered.ts';
import { posted } from './posted.ts';
import { sendAll } from './sending.ts';
import { SERIAL } from './serial.ts';

const SIZES = [0, 20, 300, 3000, 70_000] as const;

const MODES = ['send', 'ssend', 'isend', 'issend', 'persistent'] as const;
const WAITS = ['each', 'all', 'any', 'some', 'test'] as const;
/** Ways to receive that take no other tag than that of the message. */
const BY_TAG = ['ordered', 'posted', 'posted, any source'];
const WAYS = [...BY_TAG, 'posted, any tag', ...Object.keys(SERIAL)];

export interface Messages {
  readonly messages: readonly {
    readonly from: number;
    readonly to: number;
    readonly tag: number;
    readonly kind: string;
    readonly size: number;
    readonly mode: (typeof MODES)[number];
    /** How many wildcards its receive has, where the way to receive allows it. */
    readonly wild: number;
  }[];
  /** By rank, again from the first when there are more ranks. */
  readonly ways: readonly {
    readonly receive: string;
    readonly wait: (typeof WAITS)[number];
    readonly doomed: boolean;
  }[];
}

/** One message of a batch on a communicator of a certain size. */
export interface Letter {
  readonly from: number;
  readonly to: number;
  readonly tag: number;
  readonly kind: string;
  readonly mode: (typeof MODES)[number];
  readonly wild: number;
  /** May be too large to travel with its envelope. */
  readonly large: boolean;
  /** A fresh copy of its value. */
  value(): unknown;
}

/** What a rank has to say. */
export interface Story {
  readonly sent: Omit<Sent, 'from'>[];
  readonly taken: Taken[];
}

/** What the ways to receive are given. */
export interface Reception {
  readonly place: Place;
  /** Those that are for this rank. */
  readonly letters: readonly Letter[];
  readonly way: Messages['ways'][number];
  readonly taken: Taken[];
}

function lettersOf({ messages }: Messages, { ranks, step }: Members): Letter[] {
  const bare = new Set<string>();
  return messages.map(({ from, to, tag, kind, size, mode, wild }, index) => {
    const letter = { from: from % ranks.length, to: to % ranks.length, tag: step * TAGS + tag, mode, wild };
    // Of those that carry nothing there is one a pair: else nobody could tell which has come.
    const pair = `${letter.from} ${letter.to}`;
    const numbered = isBare(kind) && bare.has(pair) ? 'integer' : kind;
    if (isBare(kind)) bare.add(pair);
    const length = SIZES[size] as number;
    const id = (step * 64 + (ranks[0] as number)) * 64 + index;
    return { ...letter, kind: numbered, large: length > 300, value: () => valueFor(numbered, length, id) };
  });
}

const wayOf = ({ ways }: Messages, rank: number) => ways[rank % ways.length] as Messages['ways'][number];

async function run(place: Place, data: Messages): Promise<Story> {
  const { rank } = place.comm;
  const letters = lettersOf(data, place.members);
  const way = wayOf(data, rank);
  const story: Story = { sent: [], taken: [] };
  if (way.receive === 'ordered') {
    await ordered(place, letters, story);
    return story;
  }
  const reception = { place, letters: letters.filter(({ to }) => to === rank), way, taken: story.taken };
  const serial = SERIAL[way.receive];
  const receiving = serial === undefined ? posted(reception) : serial(reception);
  await Promise.all([
    receiving,
    sendAll(
      place,
      letters.filter(({ from }) => from === rank),
      story.sent,
    ),
  ]);
  return story;
}

export const messages: Kind<Messages, Story> = {
  data: fc.record({
    messages: fc.array(
      fc.record({
        from: fc.nat(8),
        to: fc.nat(8),
        tag: fc.nat(2),
        kind: fc.constantFrom(...KINDS),
        size: fc.constantFrom(0, 0, 0, 1, 1, 2, 2, 3, 4),
        mode: fc.constantFrom(...MODES),
        wild: fc.nat(2),
      }),
      { maxLength: 12 },
    ),
    ways: fc.array(
      fc.record({ receive: fc.constantFrom(...WAYS), wait: fc.constantFrom(...WAITS), doomed: fc.boolean() }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
  run,
  verify(_data, _members, stories) {
    judge(
      stories.flatMap(({ sent }, from) => sent.map((one) => ({ ...one, from }))),
      stories.flatMap(({ taken }) => taken),
    );
  },
  takesAnyTag: ({ ways }) => ways.some(({ receive }) => !BY_TAG.includes(receive)),
};
