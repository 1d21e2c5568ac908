/**
 * A client of PMI-1, the key-value space that MPICH's mpiexec and Slurm's pmi2 plugin offer their tasks: one line a request, one
 * line a reply, `cmd=get key=…`. The closest thing to a specification is RFC 13 of the Flux project, which describes what Hydra does.
 */
import { fstatSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import type { Env } from '../../src/contract/outer.ts';
import { systemReason } from '../io/system-reason.ts';
import { LineReader } from './line-reader.ts';

/** A reply holds one value at most, and those have 1024 bytes or a few more. */
const LONGEST_REPLY = 64 * 2 ** 10;

/** Why the server can't be used: half a sentence. */
export class PmiFailure extends Error {}

/** What the server takes, a zero at the end included. */
interface Limits {
  readonly key: number;
  readonly value: number;
}

export class PmiClient {
  readonly #socket: Socket;
  readonly #lines: LineReader;
  readonly #deadline: AbortSignal;
  #space = '';
  #finalized: Promise<void> | undefined;
  /** What the server says of this task, where the environment does not. */
  #told: { readonly rank: string; readonly size: string } | undefined;
  #limits: Limits = { key: 0, value: 0 };

  /**
   * @param deadline - for everything up to {@link finalize}.
   * @throws PmiFailure
   */
  static async open(env: Env, deadline: AbortSignal): Promise<PmiClient> {
    const client = new PmiClient(socketOf(env), deadline);
    if (env.PMI_FD === undefined) await client.#identify(env.PMI_ID ?? '');
    await client.#init();
    return client;
  }

  constructor(socket: Socket, deadline: AbortSignal) {
    this.#socket = socket;
    this.#deadline = deadline;
    this.#lines = new LineReader(socket, LONGEST_REPLY);
  }

  /** The variables that the server could have set as well. */
  get environment(): Env {
    return { PMI_RANK: this.#told?.rank, PMI_SIZE: this.#told?.size };
  }

  /** Over PMI_PORT the server has to be told who asks, and says which task that is. */
  async #identify(id: string): Promise<void> {
    await this.#request(`initack pmiid=${id}`, 'initack');
    const told = new Map<string, string>();
    while (!told.has('debug')) {
      for (const [name, value] of await this.#reply('set')) told.set(name, value);
    }
    this.#told = { rank: told.get('rank') ?? '', size: told.get('size') ?? '' };
  }

  async #init(): Promise<void> {
    await this.#request('init pmi_version=1 pmi_subversion=1', 'response_to_init');
    const maxes = await this.#request('get_maxes', 'maxes');
    this.#limits = { key: Number(maxes.get('keylen_max')), value: Number(maxes.get('vallen_max')) };
    this.#space = (await this.#request('get_my_kvsname', 'my_kvsname')).get('kvsname') ?? '';
  }

  /** How many characters a value may have. */
  get longestValue(): number {
    return this.#limits.value - 1;
  }

  /** Seen by the others after the next barrier. @param value - no spaces. */
  async put(key: string, value: string): Promise<void> {
    if (key.length >= this.#limits.key || value.length >= this.#limits.value) {
      throw new PmiFailure(`its limits of ${this.#limits.key} and ${this.#limits.value} bytes are too low`);
    }
    await this.#request(`put kvsname=${this.#space} key=${key} value=${value}`, 'put_result');
  }

  async get(key: string): Promise<string> {
    return (await this.#request(`get kvsname=${this.#space} key=${key}`, 'get_result')).get('value') ?? '';
  }

  /** Resolves when every task has come here. */
  async barrier(): Promise<void> {
    await this.#request('barrier_in', 'barrier_out');
  }

  /** Without it the launcher takes the end of this process for an accident. Never rejects. */
  finalize(): Promise<void> {
    this.#finalized ??= this.#request('finalize', 'finalize_ack').then(
      () => void this.#socket.destroy(),
      () => void this.#socket.destroy(),
    );
    return this.#finalized;
  }

  async #request(request: string, answer: string): Promise<Map<string, string>> {
    this.#socket.write(`cmd=${request}\n`);
    return this.#reply(answer);
  }

  async #reply(answer: string): Promise<Map<string, string>> {
    let line: string;
    try {
      line = await this.#lines.next(this.#deadline);
    } catch (error) {
      throw new PmiFailure(`${systemReason(error)} (waiting for ${answer})`);
    }
    const words = new Map(line.trim().split(/\s+/).map(pair));
    if (words.get('cmd') !== answer) throw new PmiFailure(`it sent ${JSON.stringify(line)} in the place of ${answer}`);
    const status = words.get('rc') ?? '0';
    if (status !== '0')
      throw new PmiFailure(`it answered ${answer} with rc=${status} ${words.get('msg') ?? ''}`.trim());
    return words;
  }
}

function pair(word: string): [string, string] {
  const equals = word.indexOf('=');
  return equals < 0 ? [word, ''] : [word.slice(0, equals), word.slice(equals + 1)];
}

/** @throws PmiFailure where the descriptor is none of ours: a process in between may not have passed it on. */
function socketOf({ PMI_FD: fd, PMI_PORT: place }: Env): Socket {
  if (fd !== undefined) {
    if (!isSocket(Number(fd))) throw new PmiFailure(`PMI_FD=${fd} is not open here`);
    return new Socket({ fd: Number(fd), readable: true, writable: true });
  }
  const colon = place!.lastIndexOf(':');
  return connect({ host: place!.slice(0, colon), port: Number(place!.slice(colon + 1)) });
}

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
}
