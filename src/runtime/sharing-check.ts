/**
 * A program that tries what ranks of one host do to share memory, and says in a line of JSON what comes of it (contract/sharing.ts).
 *
 * It offers memory, and starts itself again, with that offer, as the process that takes it.
 */
import { execFileSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { Environment } from '../contract/environment.ts';
import type { SharingObstacle, SharingReport } from '../contract/sharing.ts';
import type { Native } from '../native/native.ts';
import { MIN_CAPACITY } from '../transport/shm/memory.ts';
import { type Offer, offerMemory, takeOffer } from '../transport/shm/offer.ts';
import { SHARED_MEMORY } from '../transport/shm/segment.ts';
import { roomFor } from '../transport/shm/sizes.ts';
import { nativeFrom } from './native.ts';

/** Milliseconds. */
const PATIENCE = 4000;
const MARK = 4711;

const [, program = '', offer] = process.argv;
console.log(offer === undefined ? JSON.stringify(report()) : take(JSON.parse(offer) as Offer));

function report(): SharingReport {
  const space = spaceOf(SHARED_MEMORY);
  return { space, room: roomFor(space?.free ?? 0), obstacle: obstacle() };
}

function spaceOf(folder: string): SharingReport['space'] {
  try {
    const { bsize, blocks, bavail } = statfsSync(folder);
    return { all: bsize * blocks, free: bsize * bavail };
  } catch {
    return undefined;
  }
}

function obstacle(): SharingObstacle | undefined {
  let step: SharingObstacle['step'] = 'calls';
  try {
    const native = loaded();
    step = 'file';
    const { memory, offer: place, close } = offerMemory(native, SHARED_MEMORY, MIN_CAPACITY);
    step = 'process';
    try {
      const args = [program, JSON.stringify(place)];
      const reason = execFileSync(process.execPath, args, { encoding: 'utf8', timeout: PATIENCE }).trim();
      if (reason !== '') return { step, reason };
      return memory.words[0] === MARK ? undefined : { step, reason: 'what it writes is not seen' };
    } finally {
      close();
      memory.release();
    }
  } catch (error) {
    return { step, reason: (error as Error).message };
  }
}

/** Gives why it can't be taken; nothing where it has been. */
function take(place: Offer): string {
  try {
    const memory = takeOffer(loaded(), place);
    memory.words[0] = MARK;
    memory.release();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

function loaded(): Native {
  const native = nativeFrom(process.env[Environment.NATIVE])();
  if (typeof native === 'string') throw new Error(native);
  return native;
}
