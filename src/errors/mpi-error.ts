/** The one error class of the project. */

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
    located(this, details);
  }
}

/** Adds details to an error, as far as they apply; what it says already stays. */
export function located(error: MpiError, details: Omit<ErrorDetails, 'cause'>): MpiError {
  for (const [key, value] of Object.entries(details)) {
    if (value !== undefined && !Object.hasOwn(error, key))
      Object.defineProperty(error, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return error;
}

export function isMpiError(error: unknown, code?: ErrorCode): error is MpiError {
  return error instanceof MpiError && (code === undefined || error.code === code);
}
