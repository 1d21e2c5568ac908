/** The agent's end of a rank's control channel: one JSON object a line, both ways. */
import type { Duplex } from 'node:stream';
import type { FromRank, ToRank } from '../../src/contract/control.ts';
import { LineSplitter } from '../io/line-splitter.ts';

/** Far more than any rank's error report. */
const LONGEST_MESSAGE = 16 * 2 ** 20;

export class ControlLine {
  readonly #stream: Duplex;

  constructor(stream: Duplex, onMessage: (message: FromRank) => void) {
    this.#stream = stream;
    const splitter = new LineSplitter((lines) => {
      for (const line of Buffer.from(lines).toString().split('\n')) {
        const message = parse(line);
        if (message !== undefined) onMessage(message);
      }
    }, LONGEST_MESSAGE);
    stream.on('data', (chunk: Buffer) => splitter.push(chunk));
    // The rank's end tells more than a broken channel does.
    stream.on('error', () => {});
  }

  send(message: ToRank): void {
    if (this.#stream.writable) this.#stream.write(`${JSON.stringify(message)}\n`);
  }

  close(): void {
    this.#stream.destroy();
  }
}

/** A rank that dies writes its last message after what it had begun: a broken line before it means nothing. */
function parse(line: string): FromRank | undefined {
  if (line === '') return undefined;
  try {
    return JSON.parse(line) as FromRank;
  } catch {
    return undefined;
  }
}
