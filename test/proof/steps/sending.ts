/** The sends of one rank of a batch, in the order of the list. */
import type { Request } from '../../../src/p2p/request.ts';
import type { Place } from '../step.ts';
import { scribble } from '../values.ts';
import type { Letter, Story } from './messages.ts';

/** What remains to be waited for of a send. */
export interface Sending {
  readonly done: Promise<void>;
}

/** Starts one send, or does it. What the sender does with its memory afterwards is its own affair. */
export async function sendOne({ comm, tick }: Place, letter: Letter, sent: Story['sent']): Promise<Sending> {
  const { to, tag, mode } = letter;
  const value = letter.value();
  sent.push({ to, tag, value: letter.value(), at: tick() });
  const started = (request: Request<void>): Sending => {
    const done = request.then(() => scribble(value));
    done.catch(() => {});
    return { done };
  };
  // Nobody receives from himself while he waits for the receiver.
  if (mode === 'isend' || (mode === 'send' && to === comm.rank)) return started(comm.isend(value, to, tag));
  if (mode === 'issend' || (mode === 'ssend' && to === comm.rank)) return started(comm.issend(value, to, tag));
  if (mode === 'persistent') return started(comm.sendInit(value, to, tag).start());
  await comm[mode](value, to, tag);
  scribble(value);
  return { done: Promise.resolve() };
}

export async function sendAll(place: Place, letters: readonly Letter[], sent: Story['sent']): Promise<void> {
  const left: Promise<void>[] = [];
  for (const letter of letters) {
    await place.pause();
    left.push((await sendOne(place, letter, sent)).done);
  }
  await Promise.all(left);
}
