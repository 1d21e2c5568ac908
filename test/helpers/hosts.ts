/**
 * Real hosts inside this machine: each has its network, names, processes and temporary files to itself, and runs an ssh server. What they
 * share is the project, Node.js and one folder, as the hosts of a cluster do. Needs root (`noHosts` says what is missing).
 *
 *     login ──┐            10.77.1.0/24: one bridge, in a machine of its own
 *        h1 ──┤ bridge     10.77.2.0/24: another one, where a second network is asked for
 *        h2 ──┘            172.17.0.1/16: on every host a bridge that leads nowhere, as Docker makes it
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Capture } from './hosts/capture.ts';
import { Machine, type MachineProcess, type Output } from './hosts/machine.ts';
import { DOCKER_BRIDGE, hostsFile, privateFolders, sshClient, sshServer } from './hosts/setup.ts';
import { Tsrun, type TsrunOptions, type TsrunResult } from './tsrun.ts';

export { noHosts } from './hosts/available.ts';
export type { Capture, MachineProcess, Output };

export interface HostsOptions {
  /** Joins them by a second network, where `h1` is `h1-b`. */
  secondNetwork?: boolean;
}

export interface HostTsrunOptions extends Omit<TsrunOptions, 'prefix'> {
  /** Where tsrun runs. Default: `login`. */
  host?: string;
}

const LOGIN = 'login';

/** Starts hosts h1 to h<n>, and `login`, which has no ssh server. */
export async function startHosts(n: number, { secondNetwork = false }: HostsOptions = {}): Promise<Hosts> {
  const hosts = new Hosts(n, secondNetwork ? ['', '-b'] : ['']);
  try {
    await hosts.start();
    return hosts;
  } catch (error) {
    await hosts.close();
    throw error;
  }
}

export class Hosts {
  /** h1, h2, … */
  readonly names: readonly string[];
  /** All hosts see it. */
  readonly folder = mkdtempSync(join(tmpdir(), 'hosts-'));
  /** The ssh command that knows keys and hosts. */
  readonly ssh = `ssh -F ${join(this.folder, 'ssh_config')}`;
  /** What follows a host's name on each network. */
  readonly #networks: readonly string[];
  readonly #machines = new Map<string, Machine>();
  /** Outlives this process, if it must, to remove the folder. */
  readonly #remover: ChildProcess;
  #scripts = 0;

  constructor(n: number, networks: readonly string[]) {
    this.names = Array.from({ length: n }, (_, index) => `h${index + 1}`);
    this.#networks = networks;
    const remove = ['-c', 'cat; rm -rf -- "$0"', this.folder];
    this.#remover = spawn('sh', remove, { cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  }

  async start(): Promise<void> {
    const starting = [this.#startMachine('bridge', ''), ...this.#everybody.map((name) => this.#startHost(name))];
    // All of them are known, and can be stopped, before one of them may fail the start.
    await Promise.allSettled(starting);
    await Promise.all(starting);
    sshClient(this.folder, this.names, this.#addresses());
    await this.#connect();
  }

  /** The IP address of a host. @param network - the first is 1. */
  address(host: string, network = 1): string {
    return `10.77.${network}.${host === LOGIN ? 200 : this.names.indexOf(host) + 1}`;
  }

  /** Writes files into a folder that all hosts see. */
  scripts(files: Readonly<Record<string, string>>): string {
    const folder = join(this.folder, `scripts-${this.#scripts++}`);
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return folder;
  }

  /** Words that run a command on a host, in a folder of it. */
  entering(host: string, folder: string): string[] {
    return this.#machine(host).entering(folder);
  }

  /** Runs a command on a host. */
  run(host: string, argv: readonly string[], input?: string | Uint8Array): Promise<Output> {
    return this.#machine(host).run(argv, input);
  }

  /** Runs a command on a host, and takes everything but success for an error. Gives its standard output. */
  async do(host: string, ...argv: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(host, argv);
    if (code !== 0) throw new Error(`${argv.join(' ')} on ${host} ended with ${code}: ${stderr}`);
    return stdout;
  }

  /** Runs tsrun to its end, with `--ssh` where the arguments have none. Its working directory, if none is given, is the shared folder. */
  tsrun(args: readonly string[], options?: HostTsrunOptions): Promise<TsrunResult> {
    return this.startTsrun(args, options).result;
  }

  /** Starts tsrun, for those who interfere. */
  startTsrun(args: readonly string[], { host = LOGIN, cwd = this.folder, ...rest }: HostTsrunOptions = {}): Tsrun {
    const ssh = args.includes('--ssh') ? [] : ['--ssh', this.ssh];
    return new Tsrun([...ssh, ...args], { prefix: this.#machine(host).entering(cwd), ...rest });
  }

  /** What runs on a host beside what belongs to it. */
  processes(host: string): MachineProcess[] {
    return this.#machine(host).processes();
  }

  /** What runs on a host now belongs to it, as its ssh server does. */
  adopt(host: string): void {
    this.#machine(host).adopt();
  }

  /** Resolves when no host has a process or a folder of a job any more; after so many ms, removes what there is, and rejects naming it. */
  async quiet(deadline = 3000): Promise<void> {
    const until = performance.now() + deadline;
    for (;;) {
      const processes = this.#everybody.flatMap((host) => this.processes(host).map((one) => ({ host, ...one })));
      const folders = this.#everybody.flatMap((host) => this.#jobFolders(host));
      if (processes.length + folders.length === 0) return;
      if (performance.now() > until) {
        for (const { outer } of processes) kill(outer);
        for (const folder of folders) rmSync(folder, { recursive: true, force: true });
        const lines = processes.map(({ host, pid, command }) => `${host} ${pid} ${command.split('\n', 1)[0]}`);
        throw new Error(`still there after ${deadline} ms:\n${[...lines, ...folders].join('\n')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Removes the folders of jobs that are left: where a whole step of Slurm is killed, nobody is there who would. */
  sweep(): void {
    for (const host of this.#everybody) {
      for (const folder of this.#jobFolders(host)) rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Records what passes between the hosts. @param network - the first is 1. */
  capture(network = 1): Promise<Capture> {
    const to = this.address(this.names[0]!, network);
    const send = (text: string) => this.do(LOGIN, 'bash', '-c', `echo ${text} >/dev/udp/${to}/9`);
    return Capture.start(this.#machine('bridge'), `bridge${network}`, send);
  }

  /** Takes a host's cables out. */
  async pull(host: string): Promise<void> {
    await this.#setLinks(host, 'down');
  }

  async plug(host: string): Promise<void> {
    await this.#setLinks(host, 'up');
    await this.#carriers(host);
  }

  /** Kills the ssh server's processes that serve a connection to this host. */
  killSsh(host: string): void {
    for (const { outer, command } of this.processes(host)) if (command.startsWith('sshd:')) kill(outer);
  }

  /** Ends everything that runs on the hosts, and removes them. */
  async close(): Promise<void> {
    await Promise.all([...this.#machines.values()].map((machine) => machine.stop()));
    const removed = once(this.#remover, 'exit');
    this.#remover.stdin?.end();
    await removed;
  }

  get #everybody(): string[] {
    return [LOGIN, ...this.names];
  }

  #machine(name: string): Machine {
    const machine = this.#machines.get(name);
    if (machine === undefined) throw new Error(`there is no host ${name}`);
    return machine;
  }

  /** What tsrun and its agents have on a host, as paths of this machine. */
  #jobFolders(host: string): string[] {
    const root = join('/proc', String(this.#machine(host).pid), 'root');
    return [join(root, 'tmp'), join(root, 'dev/shm')].flatMap((place) =>
      readdirSync(place)
        .filter((name) => name.startsWith('tsrun'))
        .map((name) => join(place, name)),
    );
  }

  /** By name, on all networks. */
  #addresses(): ReadonlyMap<string, string> {
    return new Map(
      this.#networks.flatMap((suffix, index) =>
        this.#everybody.map((name) => [`${name}${suffix}`, this.address(name, index + 1)]),
      ),
    );
  }

  async #startMachine(name: string, setup: string): Promise<void> {
    this.#machines.set(name, await Machine.start(name, setup));
  }

  async #startHost(name: string): Promise<void> {
    const own = join(this.folder, name);
    mkdirSync(own);
    writeFileSync(join(own, 'hosts'), hostsFile(name, this.#addresses()));
    const setup = [privateFolders(this.folder, own), DOCKER_BRIDGE];
    if (name !== LOGIN) setup.push(sshServer(this.folder, own));
    await this.#startMachine(name, setup.join('\n'));
  }

  /** Makes the bridges, and the cables to them. */
  async #connect(): Promise<void> {
    for (const [index, suffix] of this.#networks.entries()) {
      const bridge = `bridge${index + 1}`;
      const lines = [`ip link add ${bridge} type bridge`, `ip link set ${bridge} up`];
      for (const host of this.#everybody) {
        lines.push(`ip link add ${host}${suffix} type veth peer name eth${index} netns ${this.#machine(host).pid}`);
        lines.push(`ip link set ${host}${suffix} master ${bridge} up`);
      }
      await this.#machine('bridge').configure(lines);
      for (const host of this.#everybody) {
        const address = `${this.address(host, index + 1)}/24`;
        const lines = [`ip address add ${address} dev eth${index}`, `ip link set eth${index} up`];
        await this.#machine(host).configure(lines);
      }
    }
    await Promise.all(this.#everybody.map((host) => this.#carriers(host)));
  }

  /** The kernel takes up to a second to notice what is plugged in. */
  async #carriers(host: string): Promise<void> {
    const lines = this.#networks.map(
      (_, index) => `until ip link show eth${index} | grep -q 'state UP'; do sleep 0.02; done`,
    );
    await this.#machine(host).configure([
      'until ip link show docker0 | grep -q "state UP"; do sleep 0.02; done',
      ...lines,
    ]);
  }

  async #setLinks(host: string, state: 'up' | 'down'): Promise<void> {
    await this.#machine('bridge').configure(this.#networks.map((suffix) => `ip link set ${host}${suffix} ${state}`));
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
