/** How the memory of a ring comes to the other side. */
import type { Native } from '../../native/native.ts';
import { isCapacity, memoryBytes, RingMemory } from './memory.ts';
import { offerSegment, type Place, takeSegment } from './segment.ts';

/** Where a ring is. */
export interface Offer extends Place {
  /** Of the ring's data. */
  readonly capacity: number;
}

/** Memory of our own that another process can open as long as its descriptor is open. */
export interface Offered {
  readonly memory: RingMemory;
  readonly offer: Offer;
  /** From here on nobody can open it; who has mapped it keeps it. May be called again. */
  close(): void;
}

/** @param folder - on a file system in memory. Throws an `Error` where there is no room, no such folder, or no such file there. */
export function offerMemory(native: Native, folder: string, capacity: number): Offered {
  const { mapping, place, close } = offerSegment(native, folder, memoryBytes(capacity));
  return { memory: new RingMemory(mapping.buffer, mapping), offer: { ...place, capacity }, close };
}

/** Maps what another process has offered. Throws an `Error` where it can't be opened, or is something else. */
export function takeOffer(native: Native, offer: Offer): RingMemory {
  const { capacity } = offer;
  if (!isCapacity(capacity)) throw new Error(`a ring of ${capacity} bytes`);
  const mapping = takeSegment(native, offer, memoryBytes(capacity));
  return new RingMemory(mapping.buffer, mapping);
}
