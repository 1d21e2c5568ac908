/** What the two ends of a ring say to each other over the socket between them: frames of the kind RING, whose `tag` says which. */
import { protocol } from '../../errors.ts';
import { Frame, FrameKind } from '../../wire/frame.ts';
import type { Offer } from './offer.ts';

export const Signal = {
  /** Here is memory for a ring from the sender to the receiver. */
  OFFER: 1,
  /** It is mapped: nobody else needs the file. */
  ACCEPTED: 2,
  /** It can't be had here: everything goes over the socket, as before. */
  REFUSED: 3,
  /** All that follows comes through the ring. */
  SWITCH: 4,
  /** There is something in the ring for one that sleeps, or room. */
  BELL: 5,
} as const;
export type Signal = (typeof Signal)[keyof typeof Signal];

const FIRST = Signal.OFFER;
const LAST = Signal.BELL;

/** A frame to send, made anew for each: they are few. */
export function signalFrame(signal: Signal, offer?: Offer): Frame {
  const frame = new Frame();
  frame.kind = FrameKind.RING;
  frame.tag = signal;
  if (offer === undefined) return frame;
  frame.id = offer.pid;
  frame.peerId = offer.fd;
  frame.context = offer.device;
  frame.count = offer.inode;
  frame.total = offer.capacity;
  return frame;
}

/** What a RING frame says. @throws `ERR_PROTOCOL` for what no peer of this version would say. */
export function signalOf(frame: Frame): Signal {
  const { tag } = frame;
  if (tag < FIRST || tag > LAST || frame.bytes > 0)
    throw protocol(`a RING frame with tag ${tag} and ${frame.bytes} bytes`);
  return tag as Signal;
}

export function offerOf(frame: Frame): Offer {
  return { pid: frame.id, fd: frame.peerId, device: frame.context, inode: frame.count, capacity: frame.total };
}
