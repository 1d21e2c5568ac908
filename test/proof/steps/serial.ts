/** Ways to receive the messages of a batch one after the other, whatever comes first. */
import { isMpiError } from '../../../src/errors.ts';
import { ANY_SOURCE, ANY_TAG } from '../../../src/matching/envelope.ts';
import type { Message } from '../../../src/p2p/probe.ts';
import { Status } from '../../../src/p2p/status.ts';
import type { Taken } from '../legal.ts';
import type { Reception } from './messages.ts';

const WILD = { source: ANY_SOURCE, tag: ANY_TAG };

/** The longest that calls wait which give up, in milliseconds. */
const PATIENCE = 0.1;
/** Bytes in which every message fits that is not large. */
const MANY = 16 * 1024;

type Got = NonNullable<Taken['got']>;

/** One that was posted at `posted` has ended, with a message or without. */
function note(
  { place, taken }: Reception,
  how: Pick<Taken, 'source' | 'tag' | 'aside'>,
  posted: number,
  got?: Got,
): void {
  const { comm, tick } = place;
  taken.push({ ...how, rank: comm.rank, posted, ended: tick(), ...(got === undefined ? {} : { got }) });
}

const gotOf = ({ source, tag }: Status, value: unknown): Got => ({ source, tag, value });

/** Calls `receive` until every message is there; it tells whether it has got one. */
async function untilAll({ place, letters }: Reception, receive: () => Promise<boolean>): Promise<void> {
  for (let left = letters.length; left > 0; ) {
    if (await receive()) left--;
    await place.pause();
  }
}

/** Undefined for a call that has given up. */
function late(error: unknown): undefined {
  if (!isMpiError(error, 'ERR_TIMEOUT')) throw error;
}

/** Takes aside with `take`, and receives what was taken. */
async function takeAside(reception: Reception, take: () => Promise<Message | undefined>): Promise<boolean> {
  const { place } = reception;
  const posted = place.tick();
  const message = await take();
  if (message === undefined) return false;
  await place.pause();
  const status = new Status();
  const value = await message.recv({ status });
  note(reception, { ...WILD, aside: true }, posted, gotOf(status, value));
  return true;
}

export const SERIAL: Record<string, (reception: Reception) => Promise<void>> = {
  recv(reception) {
    const { comm, tick } = reception.place;
    return untilAll(reception, async () => {
      const status = new Status();
      const posted = tick();
      const value = await comm.recv(ANY_SOURCE, ANY_TAG, { status });
      note(reception, WILD, posted, gotOf(status, value));
      return true;
    });
  },

  async messages(reception) {
    const { place, letters } = reception;
    if (letters.length === 0) return;
    let left = letters.length;
    let posted = place.tick();
    for await (const got of place.comm.messages()) {
      note(reception, WILD, posted, got);
      if (--left === 0) break;
      await place.pause();
      posted = place.tick();
    }
  },

  probe(reception) {
    const { comm, tick } = reception.place;
    return untilAll(reception, async () => {
      const { source, tag, bytes } = await comm.probe();
      const status = new Status();
      const posted = tick();
      const value = await comm.recv(source, tag, { status });
      if (status.bytes !== bytes) throw new Error(`probed ${bytes} bytes, then received ${status.bytes}`);
      note(reception, { source, tag }, posted, gotOf(status, value));
      return true;
    });
  },

  iprobe(reception) {
    const { place } = reception;
    const { comm, tick } = place;
    return untilAll(reception, async () => {
      const seen = comm.iprobe();
      if (seen === undefined) await place.turn();
      if (seen === undefined) return false;
      const status = new Status();
      const posted = tick();
      const value = await comm.recv(seen.source, seen.tag, { status });
      if (status.bytes !== seen.bytes) throw new Error(`saw ${seen.bytes} bytes, then received ${status.bytes}`);
      note(reception, { source: seen.source, tag: seen.tag }, posted, gotOf(status, value));
      return true;
    });
  },

  mprobe: (reception) => untilAll(reception, () => takeAside(reception, () => reception.place.comm.mprobe())),

  improbe: (reception) =>
    untilAll(reception, async () => {
      const taken = await takeAside(reception, async () => reception.place.comm.improbe());
      if (!taken) await reception.place.turn();
      return taken;
    }),

  /** Waits in pieces, by probes that give up. */
  'mprobe, timeout'(reception) {
    const { comm, timeouts, random } = reception.place;
    const options = () => (timeouts ? { timeout: random() * PATIENCE } : {});
    return untilAll(reception, () =>
      takeAside(reception, () => comm.mprobe(ANY_SOURCE, ANY_TAG, options()).catch(late)),
    );
  },

  /** Receives that give up. Only what comes with its envelope: a receive that has matched, and gives up, loses its message. */
  'recv, timeout'(reception) {
    const { place, letters } = reception;
    const { comm, tick, timeouts, eagerLimit, random } = place;
    const patient = !timeouts || eagerLimit < MANY || letters.some(({ large }) => large);
    return untilAll(reception, async () => {
      const status = new Status();
      const posted = tick();
      const options = patient ? { status } : { status, timeout: random() * PATIENCE };
      const value = await comm.recv(ANY_SOURCE, ANY_TAG, options).then((got) => ({ got }), late);
      note(reception, WILD, posted, value && gotOf(status, value.got));
      return value !== undefined;
    });
  },

  /** Every other receive is taken back after a while, unless it was faster. */
  cancel(reception) {
    const { comm, tick, random, pause } = reception.place;
    return untilAll(reception, async () => {
      const posted = tick();
      const request = comm.irecv();
      request.then(undefined, () => {});
      await pause();
      if (random() < 0.5 && (await request.cancel())) {
        note(reception, WILD, posted);
        return false;
      }
      note(reception, WILD, posted, gotOf(request.status, await request));
      return true;
    });
  },
};
