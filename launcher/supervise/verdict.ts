/** What ended a job: one rank, one cause. */
import { constants } from 'node:os';
import type { PendingCall, SerializedError } from '../../src/contract/control.ts';
import { ExitCode } from '../failure.ts';

export type Cause =
  | { readonly type: 'error'; readonly error: SerializedError }
  /** A code other than 0, by `process.exit` (then with its caller's stack) or at the end. */
  | { readonly type: 'code'; readonly code: number; readonly stack: string }
  | { readonly type: 'signal'; readonly signal: NodeJS.Signals }
  | { readonly type: 'memory' }
  /** Code 0, while the job still needed the rank. */
  | { readonly type: 'early'; readonly stack: string }
  /** Code 0 without ever joining a job that the others joined. */
  | { readonly type: 'absent' }
  | { readonly type: 'stuck'; readonly pending: readonly PendingCall[] }
  | { readonly type: 'abort'; readonly code: number; readonly reason: string | undefined; readonly stack: string }
  | { readonly type: 'unspawned'; readonly reason: string }
  /** Nothing more is heard of the agent of this rank's host. */
  | { readonly type: 'host'; readonly host: string; readonly ranks: readonly number[]; readonly reason: string };

export interface Verdict {
  readonly rank: number;
  readonly cause: Cause;
}

export function exitCodeOf(cause: Cause): number {
  switch (cause.type) {
    case 'code':
    case 'abort':
      return cause.code;
    case 'signal':
      return ExitCode.SIGNAL + constants.signals[cause.signal];
    case 'memory':
      return ExitCode.SIGNAL + constants.signals.SIGABRT;
    case 'stuck':
      return ExitCode.STUCK;
    case 'error':
    case 'early':
    case 'absent':
    case 'host':
      return ExitCode.FAILURE;
    case 'unspawned':
      return ExitCode.LAUNCH;
  }
}
