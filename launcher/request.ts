/** What the command line asks for: everything that a job needs to know, checked as far as it can be without looking at the machines. */
import type { Placement } from './placement/placement.ts';

/** One program of a job; those of a multi-program job are separated by `:`. */
export interface ProgramRequest {
  /** As given; relative to where tsrun was started. */
  readonly script: string;
  /** The script's own arguments, untouched. */
  readonly args: readonly string[];
  /** How many of the job's ranks run it. */
  readonly ranks: number;
  /** Added to the environment of its ranks. */
  readonly env: Readonly<Record<string, string>>;
  /** The ranks' working directory; none: tsrun's own. */
  readonly workingDirectory: string | undefined;
}

export interface LaunchRequest {
  /** At least one. Ranks are numbered through them in order. */
  readonly programs: readonly ProgramRequest[];
  /** Of all programs. */
  readonly ranks: number;
  readonly placement: Placement;
  /** How the agents of hosts that are not `local` are started; `local` when there is none. */
  readonly launcher: 'local' | 'ssh' | 'slurm';
  /** The ssh command and its first arguments. */
  readonly ssh: readonly string[];
  /** How many connections one host makes; more hosts than that are started as a tree. */
  readonly fanOut: number;
  /** Ship the script's project folder to the hosts. */
  readonly sync: boolean;
  readonly network: NetworkRequest;
  /** Who reads the standard input. */
  readonly stdin: number | 'all' | 'none';
  readonly prefix: 'auto' | 'always' | 'never';
  readonly outputDirectory: string | undefined;
  /** Milliseconds. */
  readonly timeout: number | undefined;
  /** Between ranks of one host. */
  readonly transport: 'auto' | 'tcp' | 'unix' | 'shm';
  /** What chooses the algorithms of collectives: the file of this machine, if there is one; `off`: the table; else a file. */
  readonly model: string;
  /** Rank r listens for a debugger on this port plus r. */
  readonly inspectBase: number | undefined;
  /** The rank that waits for its debugger before the first line. */
  readonly inspectBreak: number | undefined;
  readonly json: boolean;
  readonly verbosity: Verbosity;
}

/** Between hosts. */
export interface NetworkRequest {
  /** The name of an interface, or a network as `10.0.0.0/24`; none: the one that routes to the launcher. */
  readonly interface: string | undefined;
  /** First and last; none: the system's choice. */
  readonly ports: readonly [first: number, last: number] | undefined;
  /** auto: on between hosts. on: on every TCP connection. */
  readonly tls: 'auto' | 'on' | 'off';
}

export type Verbosity = 'quiet' | 'normal' | 'verbose';
