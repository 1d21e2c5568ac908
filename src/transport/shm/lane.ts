/** One peer: its two rings, as far as they are made. */
import type { Consumer } from './consumer.ts';
import type { RingMemory } from './memory.ts';
import type { Offered } from './offer.ts';
import type { Producer } from './producer.ts';

/**
 * Each direction goes its own way. Towards the peer: frames are counted → `offered` → accepted, from where there is a `producer`. From the
 * peer: an offer is accepted, from where there is `incoming` memory → all that came over the socket has come, from where there is a `consumer`.
 */
export class Lane {
  readonly peer: number;
  /** Frames that went over the socket. */
  frames = 0;
  offered: Offered | undefined;
  producer: Producer | undefined;
  incoming: RingMemory | undefined;
  consumer: Consumer | undefined;
  /** To be looked after in the next turn of the event loop. */
  served = false;
  lost = false;

  constructor(peer: number) {
    this.peer = peer;
  }

  /** Nothing goes or comes here any more. */
  end(): void {
    this.lost = true;
    this.producer?.drop();
    this.consumer?.stop();
    const { offered, incoming } = this;
    this.offered = this.incoming = undefined;
    // This may be called by what is at work in a ring.
    setImmediate(() => {
      offered?.close();
      offered?.memory.release();
      incoming?.release();
    });
  }
}
