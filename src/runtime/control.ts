/** The rank's end of the control channel to its agent: one JSON object a line, both ways. */
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { Deferred } from '../base/deferred.ts';
import type { FromRank, ToRank } from '../contract/control.ts';
import * as errors from '../errors.ts';

/** No message of the agent is longer than this, in characters: addresses of thousands of ranks fit. */
const MAX_LINE = 4 * 2 ** 20;

export class ControlChannel {
  readonly #fd: number;
  readonly #socket: Socket;
  readonly #queue: ToRank[] = [];
  #reader: Deferred<ToRank> | undefined;
  #text = '';
  #ended = false;
  /** Gets every message that {@link next} is not waiting for. */
  #listener: ((message: ToRank) => void) | undefined;
  /** The agent is gone. */
  onEnd: () => void = () => {};

  constructor(fd: number) {
    this.#fd = fd;
    this.#socket = new Socket({ fd, readable: true, writable: true });
    this.#socket.setEncoding('utf8');
    this.#socket.on('data', (text: string) => this.#take(text));
    this.#socket.on('error', () => this.#end());
    this.#socket.on('close', () => this.#end());
    this.#socket.on('end', () => this.#end());
  }

  /** The next message; rejects when the agent is gone. */
  async next(): Promise<ToRank> {
    const message = this.#queue.shift();
    if (message !== undefined) return message;
    if (this.#ended) throw errors.launch('the launcher has ended while this rank was starting');
    this.#reader = new Deferred();
    return this.#reader.promise;
  }

  /** From now on `listener` gets the messages, and the channel keeps the process alive no longer. */
  listen(listener: (message: ToRank) => void): void {
    this.#listener = listener;
    for (const message of this.#queue.splice(0)) listener(message);
    this.#socket.unref();
  }

  send(message: FromRank): void {
    if (!this.#ended) this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  /** For a process that is about to end: returns when the system has the message. */
  sendNow(message: FromRank): void {
    const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
    for (let offset = 0; offset < bytes.length; ) {
      try {
        offset += writeSync(this.#fd, bytes, offset);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      }
    }
  }

  #take(text: string): void {
    this.#text += text;
    for (let end = this.#text.indexOf('\n'); end >= 0; end = this.#text.indexOf('\n')) {
      const line = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 1);
      this.#deliver(JSON.parse(line) as ToRank);
    }
    if (this.#text.length > MAX_LINE) this.#socket.destroy();
  }

  #deliver(message: ToRank): void {
    if (this.#reader !== undefined) {
      const reader = this.#reader;
      this.#reader = undefined;
      reader.resolve(message);
    } else if (this.#listener !== undefined) this.#listener(message);
    else this.#queue.push(message);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#reader?.reject(errors.launch('the launcher has ended while this rank was starting'));
    this.onEnd();
  }
}
