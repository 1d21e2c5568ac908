/**
 * What an agent and its ranks say to each other over the control channel: one JSON object a line, both ways.
 *
 * The agent speaks first (`start`), so the job's secret never stands in an argument list or an environment.
 */
import type { ErrorCode } from '../errors.ts';
import type { Calibration } from './calibration.ts';

/** Raised with every incompatible change of these messages. Both sides refuse another one, naming both versions. */
export const CONTROL_PROTOCOL = 4;

/** Where a rank listens: `unix:/path` or `tcp:host:port`; empty where it does not. */
export type Address = string;

/** For ranks of the same host. */
export type LocalListen =
  | { readonly kind: 'unix'; readonly path: string; readonly memory: SharedMemory }
  /** On loopback. */
  | { readonly kind: 'tcp'; readonly tls: boolean };

/** Whether the ranks of a host share memory: never, where they can, or it is an error where they can't. */
export type SharedMemory = 'none' | 'auto' | 'required';

/** For ranks of other hosts. */
export interface RemoteListen {
  /** An IP address of this host. */
  readonly host: string;
  /** First and last port to try; none: the system's choice. */
  readonly ports?: readonly [first: number, last: number];
  readonly tls: boolean;
}

export type ToRank =
  | {
      type: 'start';
      protocol: number;
      /** The version of the launcher's package, for messages. */
      version: string;
      /** 16 hex digits. */
      job: string;
      /** 64 hex digits: 256 bits. */
      secret: string;
      /** Counts the restarts of the job: links of an older epoch are refused. */
      epoch: number;
      rank: number;
      size: number;
      localRank: number;
      localSize: number;
      /** The names of the job's hosts. */
      hosts: readonly string[];
      /** By rank: an index into `hosts`. */
      hostOf: readonly number[];
      /** Where to listen for the other ranks of this host; none: there are none. */
      local?: LocalListen;
      /** Where to listen for the ranks of other hosts; none: there are none. */
      remote?: RemoteListen;
      /** What collectives choose their algorithms by, the same for all ranks; none: a table. */
      calibration?: Calibration;
    }
  /** Every rank has said `hello`: where each one listens, by rank. */
  | { type: 'peers'; local: Address[]; remote: Address[] }
  /** These ranks have said good-bye to this one: there was no link to say it over. */
  | { type: 'bye'; from: number[] }
  /** The answer to `lost`: what the launcher knows of that rank's end. */
  | { type: 'cause'; peer: number; text: string }
  /** Asks what this rank waits for. */
  | { type: 'where'; id: number };

export type FromRank =
  | { type: 'hello'; protocol: number; version: string; pid: number; local: Address; remote: Address }
  /** The mesh is connected and `world` is ready. */
  | { type: 'ready' }
  /** Something to know for whoever wonders about this rank: it goes on. */
  | { type: 'note'; text: string }
  /** Good-bye to ranks to which there is no link: the launcher passes it on. */
  | { type: 'bye'; to: number[] }
  /** The script has ended and every other rank has said good-bye: this rank may exit with any code. */
  | { type: 'finalized' }
  /** An uncaught error; the process ends after it. */
  | { type: 'error'; error: SerializedError; origin: 'uncaughtException' | 'unhandledRejection' }
  /** `process.exit(code)` was called before the job had finished with this rank; `stack` shows where. */
  | { type: 'exit'; code: number; stack: string; pending: PendingCall[] }
  /** The script awaits what can never settle; the process ends with code 13 after it. */
  | { type: 'stuck'; pending: PendingCall[] }
  /** `world.abort(code, reason)`. */
  | { type: 'abort'; code: number; reason: string | undefined; stack: string }
  /** The link to `peer` broke. The launcher answers with `cause` unless it ends the job first. */
  | { type: 'lost'; peer: number; detail: string }
  /** The answer to `where`. */
  | { type: 'where'; id: number; pending: PendingCall[] };

/** An operation that waits, for reports: `recv(source 3, tag 5)`. */
export interface PendingCall {
  call: string;
  /** The call's stack as V8 writes it (first line dropped), with source maps applied where the rank has them. */
  stack: string | undefined;
}

export interface SerializedError {
  name: string;
  message: string;
  stack: string;
  code: ErrorCode | string | undefined;
  /** For an MpiError: the other rank. The launcher uses it to tell a consequence from a cause. */
  peer: number | undefined;
  cause: SerializedError | undefined;
  /** For an AggregateError. */
  errors: SerializedError[] | undefined;
  /** What was thrown was no Error: its text stands in `message`. */
  thrown: boolean;
}

/** Where the rank's main module and the library meet: `globalThis[RANK_HOOK]`, set by the main module before the script runs. */
export const RANK_HOOK: unique symbol = Symbol.for('tsmpi.rank');

export interface RankHook {
  /** Whether the script's module has finished evaluating. */
  scriptSettled: boolean;
  /**
   * The control channel, for a library that the launcher could not foresee (a computed `import()`): there the variable has been taken out
   * of the environment before the script runs, so that no process that the script starts inherits it.
   */
  controlFd?: number;
  /** Set by the library: what waits just now. */
  pending?: () => PendingCall[];
  /** Set by the library: true once `finalized` was sent. */
  finalized?: () => boolean;
  /** Set by the library: where it was loaded from. A second copy in the same process refuses to start. */
  library?: string;
}
