/** What is found on one machine: plain data, which can travel. What it means is for checks/ to say. */
import type { OuterPuzzle, OuterTask } from '../../src/contract/outer.ts';
import type { SharingReport } from '../../src/contract/sharing.ts';

export interface Facts {
  readonly hostname: string;
  readonly platform: NodeJS.Platform;
  readonly architecture: string;
  readonly endianness: 'BE' | 'LE';
  /** As 20.19.0. */
  readonly node: string;
  readonly tsmpi: string;
  readonly processors: Processors;
  readonly limits: Limits;
  readonly files: Files;
  readonly sharing: SharingReport;
  readonly network: Network;
  /** Each undefined: it works; else what went wrong. */
  readonly works: {
    /** Turns TypeScript into JavaScript; the programs are part of the packages, one for each platform. */
    readonly esbuild: string | undefined;
    readonly tsx: string | undefined;
    /** Between ranks of one host. */
    readonly unixSockets: string | undefined;
    readonly loopback: string | undefined;
  };
  readonly launchers: Launchers;
}

export interface Processors {
  /** What this process may be scheduled on, as tsrun counts. */
  readonly usable: number;
  /** How many of them the control group lets it use at a time; none: all. */
  readonly quota: number | undefined;
}

/** Undefined: no limit, or none that is known. */
export interface Limits {
  /** Of one process; Node raises it to the hard limit. */
  readonly openFiles: number | undefined;
  /** Processes and threads: of the user, unless that is root, and of the control group. */
  readonly userProcesses: number | undefined;
  readonly groupProcesses: number | undefined;
  /** Bytes of memory, of the machine or of the control group. */
  readonly memory: number;
}

export interface Files {
  /** What TMPDIR says, or what stands for it. */
  readonly temporary: string;
  /** Where tsrun would put a job's folder; undefined: nowhere, for the reason that stands beside it. */
  readonly workspaces: string | undefined;
  readonly problem: string | undefined;
  /** Bytes that are free there. */
  readonly free: number | undefined;
  /** Whether the folder is here in which tsrun was started. */
  readonly workingDirectory: boolean;
}

export interface Network {
  /** What other hosts would be told; undefined: nothing, for the reason that stands beside it, if there is one. */
  readonly address: string | undefined;
  readonly problem: string | undefined;
  readonly interfaces: readonly { readonly name: string; readonly address: string }[];
}

export interface Launchers {
  /** Another launcher has started this process. */
  readonly outer: OuterTask | OuterPuzzle | undefined;
  /** The number of the allocation that this is in. */
  readonly slurmJob: string | undefined;
  /** How many nodes it has; undefined: its variables make no sense, for the reason that stands beside it. */
  readonly slurmNodes: number | undefined;
  readonly slurmProblem: string | undefined;
  /** Whether the PATH leads to srun. */
  readonly srun: boolean;
}
