/** All links at once: the higher of two endpoints dials the lower. */
import { Deferred } from '../../base/deferred.ts';
import { invariant } from '../../base/invariant.ts';
import { closedMeanwhile, missingPeers } from '../../errors.ts';
import { parseAddress } from './address.ts';
import type { Dialer } from './dialer.ts';
import { Status } from './handshake.ts';
import { type Link, LinkState } from './link.ts';
import type { Linking, LinkTable } from './linking.ts';

export class EagerLinking implements Linking {
  readonly #table: LinkTable;
  readonly #dialers: Dialer[] = [];
  readonly #connected = new Deferred<void>();
  /** Links that have never been open yet. */
  #missing: number;
  #stopped = false;

  constructor(table: LinkTable) {
    this.#table = table;
    this.#missing = table.peers.length;
    // Whoever calls connect() hears of a failure; nobody may have called it.
    this.#connected.promise.catch(() => {});
    if (this.#missing === 0) this.#complete();
  }

  /**
   * Resolves when every link has been open; rejects with `ERR_LAUNCH` naming who is missing at the deadline or can't be reached,
   * `ERR_AUTH` where the secrets differ, `ERR_PROTOCOL` where the versions do.
   */
  async connect(addresses: readonly string[]): Promise<void> {
    const { self, peers, connectTimeout } = this.#table;
    for (const peer of peers) {
      if (peer > self) break;
      const address = addresses[peer];
      invariant(address !== undefined, 'no address for a peer', peer, addresses.length);
      const link = this.#table.link(peer);
      if (link.state !== LinkState.IDLE) continue;
      this.#dialers.push(this.#table.dial(link, parseAddress(address), (error) => this.#connected.reject(error)));
    }
    const late = () => this.#connected.reject(missingPeers(this.#absent(), connectTimeout));
    const timer = setTimeout(late, connectTimeout).unref();
    try {
      await this.#connected.promise;
    } finally {
      clearTimeout(timer);
      this.#hangUp();
    }
  }

  admit(peer: number): Status {
    if (peer < this.#table.self) return Status.ENDPOINT;
    const state = this.#table.find(peer)?.state ?? LinkState.IDLE;
    if (state === LinkState.OPEN) return Status.DUPLICATE;
    return state === LinkState.IDLE && !this.#stopped ? Status.OK : Status.GONE;
  }

  waiting(): void {
    // Its link is on the way in any case.
  }

  opened(): void {
    if (--this.#missing === 0) this.#complete();
  }

  linked(peer: number): boolean {
    return this.#table.find(peer)?.state !== LinkState.CLOSED;
  }

  async settled(): Promise<void> {
    // `connect` waits for all links; whoever closes before that does not.
  }

  stop(): void {
    this.cancel();
  }

  cancel(): void {
    this.#stopped = true;
    this.#connected.reject(closedMeanwhile());
    this.#hangUp();
  }

  #absent(): number[] {
    return this.#table.peers.filter((peer) => {
      const link: Link | undefined = this.#table.find(peer);
      return link === undefined || (link.state !== LinkState.OPEN && link.state !== LinkState.CLOSED);
    });
  }

  #complete(): void {
    this.#table.stopListening();
    this.#connected.resolve();
  }

  #hangUp(): void {
    for (const dialer of this.#dialers) dialer.cancel();
    this.#dialers.length = 0;
  }
}
