/**
 * The links of a mesh whose sockets can be read past libuv, in between two turns of the event loop.
 *
 * Of one link the socket itself is read, in vain mostly; where there are more, one call says which of them have something.
 */
import type { Native, NativeSource, Watch } from '../../native/native.ts';
import { type Link, LinkState } from './link.ts';

export class PolledLinks {
  readonly #source: NativeSource;
  #asked = false;
  #native: Native | undefined;
  readonly #links: Link[] = [];
  #watch: Watch | undefined;
  readonly #byFd = new Map<number, Link>();
  readonly #ready: number[] = [];

  constructor(source: NativeSource) {
    this.#source = source;
  }

  /** The calls, once they were needed and are to be had. */
  get native(): Native | undefined {
    return this.#native;
  }

  /** Whether sockets are read past libuv, or may be at any time. */
  get possible(): boolean {
    return !this.#asked || this.#native !== undefined;
  }

  /** @returns whether there is anything to poll with. */
  load(): Native | undefined {
    if (!this.#asked) {
      this.#asked = true;
      const native = this.#source();
      if (typeof native !== 'string') this.#native = native;
    }
    return this.#native;
  }

  /** An open link with a plain socket. */
  add(link: Link): void {
    this.#links.push(link);
    if (this.#watch !== undefined) this.#add(link);
  }

  /** As `Transport.poll`. HOT (bench: latency). */
  poll(native: Native): boolean {
    const links = this.#links;
    let progress = false;
    for (let i = links.length - 1; i >= 0; i--) {
      const link = links[i]!;
      if (link.state !== LinkState.OPEN) this.#remove(i);
      else if (link.blocked && link.unblock()) progress = true;
    }
    if (links.length === 1) return links[0]!.poll(native) || progress;
    if (links.length > 0 && this.#look(native)) return true;
    return progress;
  }

  /** Nobody polls from here on: what waits for room waits in libuv. */
  rest(): void {
    for (const link of this.#links) if (link.blocked) link.unblock();
  }

  close(): void {
    this.#watch?.close();
    this.#watch = undefined;
    this.#byFd.clear();
    this.#links.length = 0;
  }

  #look(native: Native): boolean {
    if (this.#watch === undefined) {
      this.#watch = native.watch();
      if (this.#watch === undefined) return false;
      for (const link of this.#links) this.#add(link);
    }
    const ready = this.#ready;
    const count = this.#watch.look(ready);
    let progress = false;
    for (let i = 0; i < count; i++) {
      if (this.#byFd.get(ready[i]!)?.poll(native)) progress = true;
    }
    return progress;
  }

  #add(link: Link): void {
    this.#watch!.add(link.fd);
    this.#byFd.set(link.fd, link);
  }

  /** Its descriptor is closed: the watch has forgotten it, and the next socket may have its number. */
  #remove(at: number): void {
    const [link] = this.#links.splice(at, 1);
    for (const [fd, other] of this.#byFd) if (other === link) this.#byFd.delete(fd);
  }
}
