/** How large the rings of a host are, and whether it can have them. */
import { statfsSync } from 'node:fs';
import type { NativeSource } from '../../native/native.ts';
import { memoryBytes } from './memory.ts';
import { offerMemory, takeOffer } from './offer.ts';

/**
 * Of one ring. Larger ones gain nothing for streams, whose pieces are to stay in the caches of both sides (bench: bandwidth), and less than
 * four pieces keep the two sides from working at the same time.
 */
const MOST = 256 * 1024;
const LEAST = 8 * 1024;

/** Data of all rings of a host together, as far as the least size allows: containers have 64 MiB of shared memory by default. */
const HOST_BYTES = 32 * 2 ** 20;

/** Bytes of data of each ring, where so many endpoints share memory, each with each. */
export function capacityFor(endpoints: number): number {
  const rings = endpoints * (endpoints - 1);
  let capacity = MOST;
  while (capacity > LEAST && rings * capacity > HOST_BYTES) capacity /= 2;
  return capacity;
}

/** Bytes of all rings where so many endpoints share memory, each with each. */
function ringBytes(endpoints: number): number {
  return endpoints * (endpoints - 1) * memoryBytes(capacityFor(endpoints));
}

/** How many endpoints find room in so many bytes, each with each: that many, or fewer. */
export function roomFor(bytes: number): number {
  let endpoints = 1;
  while (ringBytes(endpoints + 1) <= bytes) endpoints++;
  return endpoints;
}

/** Why `endpoints` processes of this host could not share memory, each with each; nothing where they can. */
export function trySharing(
  { native: source, folder, capacity }: { native: NativeSource; folder: string; capacity: number },
  endpoints: number,
): string | undefined {
  const native = source();
  if (typeof native === 'string') return native;
  try {
    const offered = offerMemory(native, folder, capacity);
    try {
      takeOffer(native, offered.offer).release();
    } finally {
      offered.close();
      offered.memory.release();
    }
    const { bavail, bsize } = statfsSync(folder);
    const [free, needed] = [bavail * bsize, endpoints * (endpoints - 1) * memoryBytes(capacity)];
    return free < needed ? `${needed} bytes are needed in ${folder}, and ${free} are free` : undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
