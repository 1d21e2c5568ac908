/**
 * What a collective algorithm works with: the ranks of one communicator, for one call.
 *
 * All messages of one call carry the call's sequence number as tag and its fingerprint, so calls in flight at the same
 * time never mix and ranks that disagree are found out. Messages between one pair stay in order, so algorithms need no
 * tags of their own.
 *
 * Every operation answers `undefined` (or the value) when it is done already and a promise when it has to wait:
 * `const wait = channel.send(…); if (wait) await wait;`. A failure rejects; algorithms let it pass.
 */
import type { TypedArray } from '../wire/dtype.ts';
import type { Packet, PacketHead } from '../wire/packet.ts';
import type { Board } from './board/board.ts';
import type { HostMap } from './levels/host-map.ts';

export type Wait = Promise<void> | undefined;

/** The packet of this head that a rank's value becomes, in the memory where it belongs; undefined: in fresh memory. */
export type Place = (head: PacketHead, rank: number) => Packet | undefined;

export interface Channel {
  readonly rank: number;
  readonly size: number;

  /** Sends the raw elements of `array`. When done, `array` may be changed. */
  send(array: TypedArray, dest: number): Wait;
  /** Receives exactly `into.length` elements in place; another length is a mismatch of the ranks. */
  recv(into: TypedArray, source: number): Wait;
  /** Both at once, deadlock-free. `array` and `into` must not overlap. */
  exchange(array: TypedArray, dest: number, into: TypedArray, source: number): Wait;

  /** Sends an encoded value of any kind. */
  sendPacket(packet: Packet, dest: number): Wait;
  /** Receives one, into fresh memory. */
  recvPacket(source: number): Packet | Promise<Packet>;
  /** Both at once. @param place - the memory for what comes, if not fresh one. */
  exchangePacket(
    packet: Packet,
    dest: number,
    source: number,
    place?: (head: PacketHead) => Packet | undefined,
  ): Promise<Packet>;
}

/** With all ranks of the communicator, and where they are. */
export interface CallChannel extends Channel {
  readonly hosts: HostMap;
  /**
   * The memory that the ranks of our host share, for this call until it is closed; the same again when it is asked for again. Calls come to
   * it one after the other, in the order of their numbers: the first time it is asked for is before anything is awaited. Undefined where it
   * turned out that there is none: all ranks of the host hear so in the same call, and go by messages. Where there are other hosts, too, it
   * is undefined for the first calls of a communicator.
   */
  board(): Board | Promise<Board | undefined> | undefined;
}
