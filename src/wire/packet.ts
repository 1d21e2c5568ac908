/** The value codec's contract with the layers above: what an encoded value looks like, and how one is received. */

/** What has to be known of a payload before its bytes arrive: it travels in the frame header and its meta data. */
export interface PacketHead {
  /** A `Format` of the codec. */
  readonly format: number;
  /** A `DType` code for numeric payloads, else 0. */
  readonly dtype: number;
  /** Shapes (ndarray), segment tables (objects, bundles); empty for everything else. At most MAX_META_BYTES. */
  readonly meta: Uint8Array;
  /** Payload bytes in all. */
  readonly bytes: number;
}

/** An encoded value: views on the user's own memory wherever it can be, in pieces of at most 1 GiB. */
export interface Packet extends PacketHead {
  readonly segments: readonly Uint8Array[];
}

/** Where an announced payload lands, and the value that it then is. */
export interface Reception {
  /** Filled in order; lengths add up to `head.bytes`. */
  readonly segments: readonly Uint8Array[];
  /** Call once, when every segment is filled. */
  value(): unknown;
}
