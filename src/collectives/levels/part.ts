import type { TypedArray } from '../../wire/dtype.ts';
import type { Packet } from '../../wire/packet.ts';
import type { Channel, Wait } from '../channel.ts';

/**
 * Some of the ranks of a call among themselves, numbered anew from 0: an algorithm runs on them as on all. Messages are those of the call;
 * parts of it in which the same two ranks are must not run at the same time.
 */
export class PartChannel implements Channel {
  readonly rank: number;
  readonly size: number;
  readonly #whole: Channel;
  readonly #ranks: Int32Array;

  /** @param ranks - this one among them. */
  constructor(whole: Channel, ranks: Int32Array) {
    this.rank = ranks.indexOf(whole.rank);
    this.size = ranks.length;
    this.#whole = whole;
    this.#ranks = ranks;
  }

  send(array: TypedArray, dest: number): Wait {
    return this.#whole.send(array, this.#inWhole(dest));
  }

  recv(into: TypedArray, source: number): Wait {
    return this.#whole.recv(into, this.#inWhole(source));
  }

  exchange(array: TypedArray, dest: number, into: TypedArray, source: number): Wait {
    return this.#whole.exchange(array, this.#inWhole(dest), into, this.#inWhole(source));
  }

  sendPacket(packet: Packet, dest: number): Wait {
    return this.#whole.sendPacket(packet, this.#inWhole(dest));
  }

  recvPacket(source: number): Packet | Promise<Packet> {
    return this.#whole.recvPacket(this.#inWhole(source));
  }

  exchangePacket(packet: Packet, dest: number, source: number): Promise<Packet> {
    return this.#whole.exchangePacket(packet, this.#inWhole(dest), this.#inWhole(source));
  }

  #inWhole(rank: number): number {
    return this.#ranks[rank] as number;
  }
}
