/**
 * The one error class of the project and the one place where failure sentences are composed.
 *
 * A sentence says what was called, what was wrong with it and what would be right.
 */

export const ERROR_CODES = [
  'ERR_RANK',
  'ERR_ROOT',
  'ERR_TAG',
  'ERR_COUNT',
  'ERR_TYPE',
  'ERR_BUFFER',
  'ERR_OP',
  'ERR_ARG',
  'ERR_TRUNCATE',
  'ERR_MISMATCH',
  'ERR_TIMEOUT',
  'ERR_ABORTED',
  'ERR_DEADLOCK',
  'ERR_PROC_FAILED',
  'ERR_REVOKED',
  'ERR_COMM',
  'ERR_FINALIZED',
  'ERR_LAUNCH',
  'ERR_PROTOCOL',
  'ERR_AUTH',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** What an {@link MpiError} knows beside its sentence, as far as it applies. */
export interface ErrorDetails {
  /** The rank on which it happened. */
  rank?: number | undefined;
  /** The other rank of the operation. */
  peer?: number | undefined;
  /** The operation: `recv`, `allreduce`, … */
  op?: string | undefined;
  tag?: number | undefined;
  expected?: unknown;
  actual?: unknown;
  cause?: unknown;
}

/** Every failure that the runtime reports. `code` is stable; the message is for people. */
export class MpiError extends Error {
  override readonly name = 'MpiError';
  readonly code: ErrorCode;
  declare readonly rank?: number;
  declare readonly peer?: number;
  declare readonly op?: string;
  declare readonly tag?: number;
  declare readonly expected?: unknown;
  declare readonly actual?: unknown;

  constructor(code: ErrorCode, message: string, { cause, ...details }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    for (const [key, value] of Object.entries(details)) {
      if (value !== undefined) Object.defineProperty(this, key, { value, enumerable: true });
    }
  }
}

export function isMpiError(error: unknown, code?: ErrorCode): error is MpiError {
  return error instanceof MpiError && (code === undefined || error.code === code);
}

// Transport.

/** The link to a process has ended without our doing. */
export function lostPeer(peer: number, detail: string, cause?: unknown): MpiError {
  return new MpiError('ERR_PROC_FAILED', `lost the connection to process ${peer}: ${detail}`, { peer, cause });
}

/** A process sent what breaks the protocol; its link is closed. */
export function brokenPeer(peer: number, cause: unknown): MpiError {
  const what = cause instanceof Error ? cause.message : String(cause);
  return new MpiError('ERR_PROTOCOL', `closed the connection to process ${peer}, which broke the protocol: ${what}`, {
    peer,
    cause,
  });
}
