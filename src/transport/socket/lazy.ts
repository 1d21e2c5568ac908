/**
 * Links when they are needed: the side that sends first dials. README.md has the states of both sides.
 *
 * When both dial at the same time, the higher endpoint is the arbiter. Once it has sent its proof it admits no connection of the lower one, who
 * may have accepted this one already; before that it gives up its own dialling for one that comes. The lower one admits every
 * connection of the higher: one that has proved itself comes from an arbiter that has not admitted ours, and will not.
 */
import { Deferred } from '../../base/deferred.ts';
import { invariant } from '../../base/invariant.ts';
import { type MpiError, neverLinked } from '../../errors.ts';
import { parseAddress, type SocketAddress } from './address.ts';
import type { Dialer } from './dialer.ts';
import { Status } from './handshake.ts';
import { type Link, LinkState } from './link.ts';
import type { Linking, LinkTable } from './linking.ts';

/** A link on its way. */
interface Making {
  readonly dialer: Dialer;
  /** It is open, or lost. */
  readonly done: Deferred<void>;
}

export class LazyLinking implements Linking {
  readonly #table: LinkTable;
  /** By endpoint, once they are known. */
  #addresses: ReadonlyMap<number, SocketAddress> | undefined;
  readonly #making = new Map<Link, Making>();
  #stopped = false;

  constructor(table: LinkTable) {
    this.#table = table;
  }

  /** Remembers the addresses; makes no link but those for which something waits already. */
  async connect(addresses: readonly string[]): Promise<void> {
    const { peers } = this.#table;
    this.#addresses = new Map(peers.map((peer) => [peer, parseAddress(addresses[peer] ?? '')]));
    for (const peer of peers) {
      const link = this.#table.find(peer);
      if (link !== undefined) this.waiting(link);
    }
  }

  admit(peer: number): Status {
    const link = this.#table.find(peer);
    switch (link?.state) {
      case undefined:
      case LinkState.IDLE:
        return this.#stopped ? Status.GONE : Status.OK;
      case LinkState.OPEN:
        return Status.DUPLICATE;
      case LinkState.CLOSED:
        return Status.GONE;
      case LinkState.PROVED:
        return this.#table.self > peer ? Status.CROSSED : Status.OK;
      default:
        return Status.OK;
    }
  }

  waiting(link: Link): void {
    if (link.state !== LinkState.IDLE || this.#addresses === undefined || this.#stopped) return;
    const address = this.#addresses.get(link.peer);
    invariant(address, 'a link to an endpoint without an address', link.peer);
    const dialer = this.#table.dial(link, address, (error) => this.#failed(link, error));
    this.#making.set(link, { dialer, done: new Deferred() });
  }

  opened(link: Link): void {
    this.#done(link);
  }

  linked(peer: number): boolean {
    const link = this.#table.find(peer);
    return link !== undefined && link.state !== LinkState.CLOSED;
  }

  async settled(link?: Link): Promise<void> {
    const awaited = [...this.#making].filter(([one]) => link === undefined || one === link);
    await Promise.all(awaited.map(([, { done }]) => done.promise));
  }

  stop(): void {
    this.#stopped = true;
  }

  cancel(): void {
    this.#stopped = true;
    for (const link of this.#making.keys()) this.#done(link);
  }

  #failed(link: Link, error: MpiError): void {
    this.#done(link);
    if (this.#stopped) link.abort();
    else link.lose(neverLinked(link.peer, error));
  }

  #done(link: Link): void {
    const making = this.#making.get(link);
    this.#making.delete(link);
    making?.dialer.cancel();
    making?.done.resolve();
  }
}
