/**
 * A transport carries frames between pairs of endpoints (processes), in order per pair, each exactly once.
 *
 * It knows nothing of ranks, communicators, tags or values. It announces a frame's header first and asks where the
 * payload goes, so bytes land in the user's own array when a receive is posted.
 */
import type { Frame } from '../wire/frame.ts';

/** Memory that a payload fills, segment after segment; their lengths add up to the announced `frame.bytes`. */
export interface Landing {
  readonly segments: readonly Uint8Array[];
}

/** Told once the memory of a send may be changed again. */
export interface Delivery {
  sent(): void;
}

/** The layer above: the receiving side of every transport. */
export interface FrameSink {
  /**
   * A header, with its meta data, has arrived from `peer`. `frame` and `frame.meta` are valid during the call only.
   * The answer says where the payload goes; `null` when nothing is left to do: `frame.bytes` is 0, or the payload was there and was taken.
   * A throw is a protocol violation of the peer: the transport closes that link and reports it as `lost`.
   *
   * @param memory - where all of the payload stands already, from `at` on; for the length of the call.
   */
  announce(peer: number, frame: Frame, memory?: DataView, at?: number): Landing | null;
  /** The payload of the frame announced last on this link has landed. */
  landed(peer: number, landing: Landing): void;
  /**
   * The link is gone, or could not be made when something was sent; nothing more will come from `peer`, and nothing reaches it. Called
   * once a peer: deliveries that are still to come are told before, or never.
   */
  lost(peer: number, reason: Error): void;
}

export interface Transport {
  /** Our own endpoint. */
  readonly self: number;
  /** Connects the layer above. Called once, before any frame is sent or received. */
  attach(sink: FrameSink): void;
  /**
   * Queues one frame. `frame.bytes` is the sum of the segments' lengths, `frame.meta` goes between header and payload;
   * the frame object itself is free again on return.
   * True: the segments were copied and may be changed at once. False: `delivery.sent()` is called when they may
   * (never before this call has returned); the few bytes of a short message, up to FEW_BYTES, were copied then, too. On a lost link the frame is dropped and the answer is true.
   */
  send(peer: number, frame: Frame, segments: readonly Uint8Array[], delivery: Delivery | null): boolean;
  /** Whether there is a link to `peer`, or one in the making: a frame to it costs no more than the frame. */
  linked(peer: number): boolean;
  /** Resolves once every link for which something waits is made, or reported as lost. */
  settled(): Promise<void>;
  /**
   * Takes what has come, as the next turn of the event loop would, without waiting; writes what waits and has room now. True where there was
   * something. Never called from within `send` or from within a call of the sink. From the first call until {@link arm} senders need not
   * wake us, and what there is no room for may wait for the next call: whoever polls goes on, or arms, within a turn of the event loop. Links
   * that only the event loop can read are not polled.
   */
  poll(): boolean;
  /** Whether `poll` costs so little that trying it some dozens of times is cheaper than any other way to wait. */
  readonly quick: boolean;
  /**
   * Nobody polls from here on: who sends has to wake us, by the event loop. False where something has come meanwhile: poll first. A
   * transport starts so, and falls back to it by itself after a wake-up.
   */
  arm(): boolean;
  /** Hands over to the system what was coalesced, without waiting for the end of the turn. */
  flush(): void;
  /** Flushes, then closes every link without reporting them lost. Resolves when all bytes are handed over. */
  close(): Promise<void>;
}
