/** A rank that does everything in the order of the list, and waits for each receive before it goes on. */
import { Status } from '../../../src/p2p/status.ts';
import type { Place } from '../step.ts';
import { FLAT } from '../values.ts';
import type { Letter, Story } from './messages.ts';
import { sendOne } from './sending.ts';

/** Elements of an `out` beyond the message, which must stay as they were. */
const TAIL = 3;

export async function ordered(place: Place, letters: readonly Letter[], { sent, taken }: Story): Promise<void> {
  const { comm, tick, random, pause } = place;
  const left: Promise<void>[] = [];
  for (const letter of letters) {
    const { from, to, tag } = letter;
    await pause();
    if (from === comm.rank) left.push((await sendOne(place, letter, sent)).done);
    if (to !== comm.rank) continue;
    const status = new Status();
    const out = FLAT.includes(letter.kind) && random() < 0.5 ? outFor(letter.value()) : undefined;
    const posted = tick();
    const value = await comm.recv(from, tag, { status, out });
    const got = { source: status.source, tag: status.tag, value: out === undefined ? value : withoutTail(out, value) };
    taken.push({ rank: comm.rank, source: from, tag, posted, ended: tick(), got });
  }
  await Promise.all(left);
}

type Flat = Int32Array;

function outFor(value: unknown): Flat {
  const array = value as Flat;
  return new (array.constructor as new (length: number) => Flat)(array.length + TAIL);
}

/** What was received into `out`; all of it if its tail was touched, or if another array came back. */
function withoutTail(out: Flat, value: unknown): unknown {
  const end = out.length - TAIL;
  const touched = out.subarray(end).some((element) => Number(element) !== 0);
  return value === out && !touched ? out.slice(0, end) : value;
}
