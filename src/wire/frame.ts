/**
 * The frame header: 64 bytes, little-endian, the same for every kind. The byte diagram is in README.md.
 *
 * A frame is header, then `metaBytes` of meta data (shapes, segment tables: small), then `bytes` of payload.
 */

export const HEADER_BYTES = 64;

/** No frame carries more meta data than this: it is read before anything is matched. */
export const MAX_META_BYTES = 64 * 1024;

export const FrameKind = {
  /** A whole message with its payload. */
  EAGER: 1,
  /** Rendezvous, step 1: the envelope of a message whose payload waits at the sender (`total` bytes). */
  REQUEST: 2,
  /** Rendezvous, step 2: the receiver has matched it (`id` = the request's, `peerId` = where DATA goes). */
  GRANT: 3,
  /** Rendezvous, step 3: the next `bytes` of the payload (`peerId` from the grant). */
  DATA: 4,
  /** The receiver has matched a synchronous eager message (`id`). */
  MATCHED: 5,
  /** The receiver has consumed eager messages: `total` bytes of credit come back. */
  CREDIT: 6,
  /** The sender withdraws request `id`. */
  CANCEL: 7,
  /** Request `id` is withdrawn: the receiver had not matched it. (Otherwise a GRANT was sent.) */
  CANCELLED: 8,
  /** The communicator `context` can't be used any more since call `tag`; the payload says why. */
  REVOKE: 9,
  /** The sender has left its script: nothing more will come from it. */
  BYE: 10,
  /** A rank that has waited long in call `tag` says which call it waits in: the fingerprint. Nothing to answer. */
  INQUIRY: 11,
  /** Between two transports on one host about the memory that they share: transport/shm/. */
  RING: 12,
} as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

export const FrameFlag = {
  /** An eager message whose sender waits for MATCHED. */
  SYNCHRONOUS: 1,
  /** A GRANT that wants no data: the receive was matched but can't take the message. */
  REFUSED: 2,
  /** A GRANT or MATCHED that is neither: the receiver has freed the communicator, nobody will receive the message. */
  FREED: 4,
} as const;

const NO_META = new Uint8Array(0);

/**
 * One header, decoded. Instances are reused by decoders and senders: whoever keeps one past the call makes a {@link clone}.
 */
export class Frame {
  kind = 0;
  flags = 0;
  /** How the payload is encoded: a `Format` of the value codec. */
  format = 0;
  /** A `DType` code for numeric payloads, else 0. */
  dtype = 0;
  /** The communicator's context id, below 2^53 (point-to-point, collectives, … have one each). */
  context = 0;
  /** The sender's rank in that communicator. */
  source = 0;
  /** The message's tag; in a collective context the sequence number of the call. */
  tag = 0;
  /** Payload bytes of this frame. */
  bytes = 0;
  /** Payload bytes of the whole message (REQUEST), bytes of credit (CREDIT). */
  total = 0;
  /** The sender's operation. */
  id = 0;
  /** The receiver's operation. */
  peerId = 0;

  // The fingerprint of a collective call; all zero outside collectives.
  collective = 0;
  op = 0;
  algorithm = 0;
  callDtype = 0;
  root = 0;
  count = 0;

  /** Meta data of the payload; valid during the call only. Its length is the header's metaBytes. */
  meta: Uint8Array = NO_META;

  /** Back to all zeroes, for reuse. HOT (bench: latency). */
  reset(): this {
    this.kind = this.flags = this.format = this.dtype = 0;
    this.context = this.source = this.tag = 0;
    this.bytes = this.total = this.id = this.peerId = 0;
    this.collective = this.op = this.algorithm = this.callDtype = this.root = this.count = 0;
    this.meta = NO_META;
    return this;
  }

  clone(): Frame {
    const copy = Object.assign(new Frame(), this);
    if (this.meta.byteLength > 0) copy.meta = this.meta.slice();
    return copy;
  }
}
