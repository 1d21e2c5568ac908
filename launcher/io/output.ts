/** Where the ranks' lines meet: tsrun's own standard output and error, whole lines only, never faster than their readers. */
import type { OutputStream } from '../agents/agent.ts';
import type { Prefixer } from './prefix.ts';

const NEWLINE = 0x0a;

export interface OutputOptions {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly prefixer: Prefixer | undefined;
  /** A reader is slow, or has caught up. */
  readonly onFlow: (paused: boolean) => void;
  /** One of them takes nothing any more: its reader has gone (EPIPE), its disk is full. Called once a stream. */
  readonly onBroken: (stream: OutputStream, error: NodeJS.ErrnoException) => void;
}

export class Output {
  readonly #sinks: Record<OutputStream, Sink>;

  constructor({ stdout, stderr, prefixer, onFlow, onBroken }: OutputOptions) {
    const flow = (): void => onFlow(this.#sinks.stdout.full || this.#sinks.stderr.full);
    this.#sinks = {
      stdout: new Sink(stdout, prefixer, flow, (error) => onBroken('stdout', error)),
      stderr: new Sink(stderr, prefixer, flow, (error) => onBroken('stderr', error)),
    };
  }

  /** What a rank wrote. */
  write(rank: number, stream: OutputStream, data: Uint8Array): void {
    this.#sinks[stream].write(rank, data);
  }

  /** What tsrun itself has to say; on a line of its own. */
  say(stream: OutputStream, text: string): void {
    this.#sinks[stream].write(undefined, Buffer.from(text));
  }

  /** Resolves when the readers have everything, or will never have it. */
  async drained(): Promise<void> {
    await Promise.all([this.#sinks.stdout.drained(), this.#sinks.stderr.drained()]);
  }
}

class Sink {
  full = false;
  readonly #stream: NodeJS.WritableStream;
  readonly #prefixer: Prefixer | undefined;
  readonly #onFlow: () => void;
  #broken = false;
  /** Whose line the stream stands in the middle of. */
  #open: { rank: number | undefined } | undefined;

  constructor(
    stream: NodeJS.WritableStream,
    prefixer: Prefixer | undefined,
    onFlow: () => void,
    onBroken: (error: NodeJS.ErrnoException) => void,
  ) {
    this.#stream = stream;
    this.#prefixer = prefixer;
    this.#onFlow = onFlow;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#broken) return;
      this.#broken = true;
      this.#relieve();
      onBroken(error);
    });
    stream.on('drain', () => this.#relieve());
  }

  write(rank: number | undefined, data: Uint8Array): void {
    if (this.#broken || data.length === 0) return;
    const continued = this.#open !== undefined && this.#open.rank === rank;
    let bytes = data;
    if (this.#prefixer !== undefined && rank !== undefined) bytes = this.#prefixer(rank, data, continued);
    // A last line without a newline gets one only when something follows.
    if (this.#open !== undefined && !continued) bytes = Buffer.concat([Buffer.of(NEWLINE), bytes]);
    this.#open = data[data.length - 1] === NEWLINE ? undefined : { rank };
    if (!this.#stream.write(bytes) && !this.full) {
      this.full = true;
      this.#onFlow();
    }
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#broken) return resolve();
      this.#stream.once('error', () => resolve());
      this.#stream.write('', () => resolve());
    });
  }

  #relieve(): void {
    if (!this.full) return;
    this.full = false;
    this.#onFlow();
  }
}
