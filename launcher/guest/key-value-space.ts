/** Meeting through PMI: rank 0 puts its address and a new secret into the key-value space of the launcher. */
import { randomBytes } from 'node:crypto';
import { ExitCode, LaunchFailure } from '../failure.ts';
import type { Contact, ListeningPlace, MeetingPoint, OwnPlace } from './meeting-point.ts';
import { type PmiClient, PmiFailure } from './pmi1.ts';

/** Keys that begin with PMI_ belong to the launcher. */
const KEY = 'tsmpi';

export class KeyValueSpace implements MeetingPoint {
  readonly listen: ListeningPlace;
  readonly secret = randomBytes(32).toString('hex');
  readonly advice = undefined;
  readonly absence = 'its address is not in the key-value space of PMI';
  readonly #pmi: PmiClient;
  readonly #hosts: readonly string[];
  #found: Promise<Contact> | undefined;

  constructor(pmi: PmiClient, { hosts, listen }: OwnPlace) {
    this.#pmi = pmi;
    this.#hosts = hosts;
    this.listen = { host: listen, port: 0 };
  }

  publish(port: number): Promise<void> {
    return told(this.#write(port));
  }

  find(): Promise<Contact> {
    this.#found ??= told(this.#read());
    return this.#found;
  }

  leave(): Promise<void> {
    return this.#pmi.finalize();
  }

  async #write(port: number): Promise<void> {
    const contact: Contact = { hosts: this.#hosts, port, secret: this.secret };
    // Values have no spaces, and an upper limit of their own.
    const text = Buffer.from(JSON.stringify(contact)).toString('base64url');
    const length = Math.max(1, this.#pmi.longestValue);
    const parts = Math.ceil(text.length / length);
    await this.#pmi.put(`${KEY}-parts`, String(parts));
    for (let part = 0; part < parts; part++) {
      await this.#pmi.put(`${KEY}-${part}`, text.slice(part * length, (part + 1) * length));
    }
    await this.#pmi.barrier();
  }

  async #read(): Promise<Contact> {
    await this.#pmi.barrier();
    let text = '';
    const parts = Number(await this.#pmi.get(`${KEY}-parts`));
    for (let part = 0; part < parts; part++) text += await this.#pmi.get(`${KEY}-${part}`);
    try {
      return JSON.parse(Buffer.from(text, 'base64url').toString()) as Contact;
    } catch {
      throw new PmiFailure('it lost what rank 0 put into its key-value space');
    }
  }
}

/** @throws LaunchFailure where the server fails. */
async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof PmiFailure)) throw error;
    throw new LaunchFailure(`the PMI server of the launcher: ${error.message}`, ExitCode.LAUNCH);
  }
}
