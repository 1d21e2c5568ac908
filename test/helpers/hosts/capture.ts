/** What passes through a bridge. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { childOf } from '../tsrun.ts';
import type { Machine } from './machine.ts';

export class Capture {
  readonly #tcpdump: ChildProcessWithoutNullStreams;
  readonly #send: (text: string) => Promise<unknown>;
  readonly #chunks: Buffer[] = [];

  /** `send` lets a host send a datagram with a text. */
  static async start(machine: Machine, bridge: string, send: (text: string) => Promise<unknown>): Promise<Capture> {
    const tcpdump = machine.spawn([
      'tcpdump',
      '-i',
      bridge,
      '-n',
      '-s',
      '0',
      '-B',
      '16384',
      '-U',
      '--immediate-mode',
      '-Z',
      'root',
      '-w',
      '-',
    ]);
    let said = '';
    for await (const chunk of tcpdump.stderr.iterator({ destroyOnReturn: false })) {
      said += chunk;
      if (said.includes('listening on')) return new Capture(tcpdump, send);
    }
    throw new Error(`tcpdump did not start: ${said}`);
  }

  private constructor(tcpdump: ChildProcessWithoutNullStreams, send: (text: string) => Promise<unknown>) {
    this.#tcpdump = tcpdump;
    this.#send = send;
    tcpdump.stdout.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
  }

  /** Everything until now, as a pcap file. */
  async stop(): Promise<Buffer> {
    // When this mark has come through, so has everything before it.
    const mark = randomUUID();
    await this.#send(mark);
    const until = performance.now() + 10_000;
    while (!this.#bytes().includes(mark)) {
      if (performance.now() > until) throw new Error('tcpdump lost a datagram');
      await once(this.#tcpdump.stdout, 'data', { signal: AbortSignal.timeout(10_000) });
    }
    process.kill(childOf(this.#tcpdump.pid!)!);
    await once(this.#tcpdump, 'close');
    return this.#bytes();
  }

  #bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
