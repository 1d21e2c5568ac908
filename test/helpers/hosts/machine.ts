/**
 * A machine made of namespaces: a network, a host name, mounts and process ids of its own, on the kernel that is there.
 *
 * Its first process waits for the end of a pipe from here. When that comes, by `stop()` or because this process died of whatever, the
 * kernel kills everything in the machine, and its interfaces and mounts go with the last process: nothing has a name that could stay.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { childOf } from '../tsrun.ts';

/** Where system administration lies, also for a root who has not logged in as root. */
export const ENVIRONMENT = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
const NAMESPACES = ['--mount', '--uts', '--ipc', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];

export interface MachineProcess {
  /** As the machine counts. */
  readonly pid: number;
  /** As this process counts: for `process.kill` and `allGone`. */
  readonly outer: number;
  /** With its arguments. */
  readonly command: string;
}

export interface Output {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Machine {
  readonly name: string;
  /** Of its first process, as this process counts. */
  readonly pid: number;
  readonly #holder: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<unknown>;
  readonly #namespace: string;
  /** What belongs to the machine itself. */
  #own: ReadonlySet<number> = new Set();

  /** Runs `setup`, lines of sh, as the first process of the machine. Rejects with what it wrote when it fails. */
  static async start(name: string, setup: string): Promise<Machine> {
    // As it ignores SIGCHLD, the kernel reaps the orphans that fall to the first process.
    const script = `set -e\nhostname ${name}\nip link set lo up\n${setup}\necho ready\nexec env --ignore-signal=CHLD cat`;
    // A session of its own: Ctrl-C at a terminal is not for it.
    const holder = spawn('unshare', [...NAMESPACES, 'sh', '-c', script], {
      cwd: '/',
      detached: true,
      env: ENVIRONMENT,
    });
    holder.stdin.on('error', () => {});
    const errors = collect(holder.stderr);
    const closed = once(holder, 'close');
    for await (const chunk of holder.stdout.iterator({ destroyOnReturn: false })) {
      if (String(chunk).endsWith('ready\n')) return new Machine(name, holder);
    }
    await closed;
    throw new Error(`the machine ${name} did not start: ${errors()}`);
  }

  private constructor(name: string, holder: ChildProcessWithoutNullStreams) {
    this.name = name;
    this.pid = childOf(holder.pid!)!;
    this.#holder = holder;
    this.#ended = once(holder, 'exit');
    this.#namespace = pidNamespace(this.pid);
    this.adopt();
  }

  /** What runs now belongs to the machine. */
  adopt(): void {
    this.#own = new Set(this.#everything().map(({ outer }) => outer));
  }

  /** Words that run a command in this machine, in a folder of it. They wait for it, and end as it does. */
  entering(folder: string): string[] {
    const enter = ['nsenter', '-t', String(this.pid), '-m', '-u', '-i', '-n', '-p'];
    return [...enter, 'sh', '-c', 'cd "$0" && exec "$@"', folder];
  }

  /** Starts a command. */
  spawn(argv: readonly string[]): ChildProcessWithoutNullStreams {
    const [command, ...words] = [...this.entering('/'), ...argv];
    const child = spawn(command!, words, { env: ENVIRONMENT });
    child.stdin.on('error', () => {});
    return child;
  }

  /** Runs a command to its end, for half a minute at most. */
  async run(argv: readonly string[], input: string | Uint8Array = ''): Promise<Output> {
    const child = this.spawn(['timeout', '-s', 'KILL', '30', ...argv]);
    child.stdin.end(input);
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    const [code] = await once(child, 'close');
    return { code, stdout: stdout(), stderr: stderr() };
  }

  /** Runs lines of sh in the machine's network only, for ten seconds at most: process ids and files are those of here. */
  async configure(lines: readonly string[]): Promise<void> {
    const enter = ['10', 'nsenter', '-t', String(this.pid), '-n'];
    const child = spawn('timeout', [...enter, 'sh', '-ec', lines.join('\n')], { env: ENVIRONMENT });
    const errors = collect(child.stderr);
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`${this.name}: ${code === 124 ? 'no end' : errors()}`);
  }

  /** What runs here beside what belongs to the machine itself. */
  processes(): MachineProcess[] {
    return this.#everything().filter(({ outer }) => !this.#own.has(outer));
  }

  /** Ends everything in it. */
  async stop(): Promise<void> {
    this.#holder.stdin.end();
    await this.#ended;
  }

  #everything(): MachineProcess[] {
    const all: MachineProcess[] = [];
    for (const entry of readdirSync('/proc')) {
      if (!/^\d/.test(entry)) continue;
      try {
        if (pidNamespace(entry) !== this.#namespace) continue;
        const status = readFileSync(`/proc/${entry}/status`, 'latin1');
        const pid = Number(status.match(/^NSpid:.*\t(\d+)$/m)?.[1]);
        const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        if (!/^State:\t[ZX]/m.test(status)) all.push({ pid, outer: Number(entry), command });
      } catch {
        // It has ended meanwhile.
      }
    }
    return all;
  }
}

function pidNamespace(pid: number | string): string {
  return readlinkSync(`/proc/${pid}/ns/pid`);
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return () => text;
}
