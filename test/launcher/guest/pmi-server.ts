/** A PMI-1 server of a few lines for tests: one for all tasks, each with a connection of its own. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export interface PmiServerOptions {
  readonly size: number;
  readonly longestKey?: number;
  readonly longestValue?: number;
  /** The reply to a request in the place of the right one; null: none at all. Undefined: the right one. */
  readonly distort?: (request: string) => string | null | undefined;
  /** Cuts replies into pieces of this many bytes. */
  readonly pieces?: number;
}

export class PmiServer {
  /** What was asked, in order. */
  readonly requests: string[] = [];
  readonly values = new Map<string, string>();
  readonly #server: Server;
  readonly #options: PmiServerOptions;
  readonly #waiting: Socket[] = [];

  static async start(options: PmiServerOptions): Promise<PmiServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new PmiServer(server, options);
  }

  private constructor(server: Server, options: PmiServerOptions) {
    this.#server = server;
    this.#options = options;
    server.on('connection', (socket) => {
      let text = '';
      socket.on('error', () => {});
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        const lines = text.split('\n');
        text = lines.pop()!;
        for (const line of lines) this.#answer(socket, line);
      });
    });
  }

  /** The environment of a task. */
  environment(id: number): Record<string, string> {
    return { PMI_PORT: `127.0.0.1:${(this.#server.address() as AddressInfo).port}`, PMI_ID: String(id) };
  }

  close(): void {
    this.#server.close();
  }

  #answer(socket: Socket, line: string): void {
    this.requests.push(line);
    const distorted = this.#options.distort?.(line);
    if (distorted === null) return;
    if (distorted !== undefined) return this.#say(socket, distorted);
    const words = new Map(line.split(' ').map((word) => word.split(/=(.*)/) as [string, string]));
    const { size, longestKey = 64, longestValue = 1024 } = this.#options;
    const key = words.get('key') ?? '';
    switch (words.get('cmd')) {
      case 'initack':
        return this.#say(
          socket,
          `cmd=initack\ncmd=set size=${size}\ncmd=set rank=${words.get('pmiid')}\ncmd=set debug=0`,
        );
      case 'init':
        return this.#say(socket, 'cmd=response_to_init pmi_version=1 pmi_subversion=1 rc=0');
      case 'get_maxes':
        return this.#say(socket, `cmd=maxes kvsname_max=256 keylen_max=${longestKey} vallen_max=${longestValue}`);
      case 'get_my_kvsname':
        return this.#say(socket, 'cmd=my_kvsname kvsname=kvs_0');
      case 'put':
        this.values.set(key, words.get('value')!);
        return this.#say(socket, 'cmd=put_result rc=0 msg=success');
      case 'get': {
        const value = this.values.get(key);
        const found =
          value === undefined ? `rc=-1 msg=key_${key}_not_found value=unknown` : `rc=0 msg=success value=${value}`;
        return this.#say(socket, `cmd=get_result ${found}`);
      }
      case 'barrier_in':
        this.#waiting.push(socket);
        if (this.#waiting.length < size) return;
        for (const one of this.#waiting.splice(0)) this.#say(one, 'cmd=barrier_out');
        return;
      case 'finalize':
        return this.#say(socket, 'cmd=finalize_ack');
      default:
        throw new Error(`no request: ${line}`);
    }
  }

  #say(socket: Socket, text: string): void {
    const bytes = Buffer.from(`${text}\n`);
    const length = this.#options.pieces ?? bytes.length;
    for (let at = 0; at < bytes.length; at += length) socket.write(bytes.subarray(at, at + length));
  }
}
