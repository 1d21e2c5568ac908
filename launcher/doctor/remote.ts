/** An examiner on another host, and its two ends of the connection: calls one way, results the other. */
import { Deferred } from '../../src/base/deferred.ts';
import { type ByteStreams, Channel } from '../agents/channel.ts';
import type { Connection } from '../agents/remote.ts';
import { LaunchFailure } from '../failure.ts';
import { packageVersion } from '../version.ts';
import { type Examiner, LocalExaminer } from './examiner.ts';

type Method = Exclude<keyof Examiner, 'close'>;

type Call = { readonly type: 'call'; readonly id: number; readonly method: Method; readonly argument: unknown };

type Reply =
  /** The first message: nothing else can be understood of another version. */
  | { readonly type: 'version'; readonly version: string }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };

export class RemoteExaminer implements Examiner {
  readonly #connection: Connection;
  readonly #channel: Channel<Reply, Call>;
  readonly #greeted = new Deferred<void>();
  readonly #calls = new Map<number, Deferred<unknown>>();
  #next = 0;
  #lost: Error | undefined;

  /** Rejects with a LaunchFailure that says why there is none. */
  static async open(connection: Connection): Promise<RemoteExaminer> {
    try {
      const examiner = new RemoteExaminer(connection, await connection.opened);
      await examiner.#greeted.promise;
      return examiner;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  private constructor(connection: Connection, streams: ByteStreams) {
    this.#connection = connection;
    this.#channel = new Channel<Reply, Call>(streams, {
      message: (message) => this.#hear(message),
      ended: (reason) => void this.#end(reason),
    });
  }

  facts(query: Parameters<Examiner['facts']>[0]): ReturnType<Examiner['facts']> {
    return this.#call('facts', query);
  }

  clock(): Promise<number> {
    return this.#call('clock', undefined);
  }

  listen(query: Parameters<Examiner['listen']>[0]): ReturnType<Examiner['listen']> {
    return this.#call('listen', query);
  }

  dial(targets: Parameters<Examiner['dial']>[0]): ReturnType<Examiner['dial']> {
    return this.#call('dial', targets);
  }

  async close(): Promise<void> {
    await this.#channel.close();
    await this.#connection.close();
  }

  #call<T>(method: Method, argument: unknown): Promise<T> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    const id = this.#next++;
    const result = new Deferred<unknown>();
    this.#calls.set(id, result);
    this.#channel.send({ type: 'call', id, method, argument });
    return result.promise as Promise<T>;
  }

  #hear(message: Reply): void {
    if (message.type === 'version') {
      const own = packageVersion();
      const words = `tsmpi ${message.version} is there, this is ${own}; install the same on all hosts`;
      if (message.version === own) this.#greeted.resolve();
      else this.#greeted.reject(new LaunchFailure(words));
      return;
    }
    const call = this.#calls.get(message.id);
    this.#calls.delete(message.id);
    if (message.type === 'result') call?.resolve(message.value);
    else call?.reject(new LaunchFailure(message.message));
  }

  async #end(reason: string | undefined): Promise<void> {
    const words = reason ?? (await this.#connection.lastWords()) ?? 'the connection ended';
    this.#lost = new LaunchFailure(words);
    this.#greeted.reject(this.#lost);
    for (const call of this.#calls.values()) call.reject(this.#lost);
    this.#calls.clear();
  }
}

/** The other end. Resolves when nobody asks any more. */
export function serveExaminer(streams: ByteStreams): Promise<void> {
  const examiner = new LocalExaminer();
  const done = new Deferred<void>();
  const answer = async ({ id, method, argument }: Call): Promise<void> => {
    try {
      channel.send({ type: 'result', id, value: await perform(examiner, method, argument) });
    } catch (error) {
      channel.send({ type: 'failed', id, message: (error as Error).message });
    }
  };
  const channel = new Channel<Call, Reply>(streams, {
    message: (call) => void answer(call),
    ended: () => {
      void examiner.close();
      done.resolve();
    },
  });
  channel.send({ type: 'version', version: packageVersion() });
  return done.promise;
}

/** Both ends are of the same version, so the argument is what the method takes. */
function perform(examiner: Examiner, method: Method, argument: unknown): Promise<unknown> {
  switch (method) {
    case 'facts':
      return examiner.facts(argument as Parameters<Examiner['facts']>[0]);
    case 'clock':
      return examiner.clock();
    case 'listen':
      return examiner.listen(argument as Parameters<Examiner['listen']>[0]);
    case 'dial':
      return examiner.dial(argument as Parameters<Examiner['dial']>[0]);
  }
}
