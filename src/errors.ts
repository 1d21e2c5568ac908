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

// Matching.

/** A frame that no correct peer sends. */
export function protocol(what: string): MpiError {
  return new MpiError('ERR_PROTOCOL', `received ${what}`);
}

/** For what is thrown where only typed errors may pass. */
export function asMpiError(error: unknown): MpiError {
  if (error instanceof MpiError) return error;
  const what = error instanceof Error ? error.message : String(error);
  return new MpiError('ERR_PROTOCOL', `the message can't be decoded: ${what}`, { cause: error });
}

export function withdrawnBySender(call: string, peer: number): MpiError {
  return new MpiError('ERR_ABORTED', `${call}: the sender gave the message up while it was being received`, { peer });
}

/** The other rank's script has ended, orderly, and this operation still needs it. */
export function peerLeft(call: string, peer: number, rank: number): MpiError {
  const sentence = `${call} can't complete: rank ${peer} has ended its script without the matching call`;
  return new MpiError('ERR_PROC_FAILED', sentence, { rank, peer });
}

/** The other rank's process is gone. */
export function peerFailed(call: string, peer: number, rank: number, cause: MpiError | null): MpiError {
  const why = cause === null ? '' : ` (${cause.message})`;
  return new MpiError('ERR_PROC_FAILED', `${call} can't complete: rank ${peer} has failed${why}`, {
    rank,
    peer,
    cause: cause ?? undefined,
  });
}

// Values.

/** A value, or a part of one, that no message can carry. `path` names it: `value.rows[2].callback`. */
export function notSendable(call: string, path: string, what: string, remedy: string): MpiError {
  return new MpiError('ERR_TYPE', `${call}: ${path} is ${what}, which can't be sent; ${remedy}`, { op: call });
}

/** A value that is more than the format of messages can hold. */
export function notEncodable(call: string, cause: unknown): MpiError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const sentence = `${call}: the value can't be encoded (${why}); send large data as TypedArrays, or in parts`;
  return new MpiError('ERR_BUFFER', sentence, { op: call, cause });
}

/** An ndarray whose shape and strides lead out of its data. */
export function beyondData(call: string, what: string, expected: number, actual: number): MpiError {
  const sentence = `${call}: ${what} reaches to element ${actual} of its data, which has only ${expected}; mend its shape, stride or offset`;
  return new MpiError('ERR_BUFFER', sentence, { op: call, expected, actual });
}

/** The message is of another type than `out`. */
export function outUnlike(call: string, message: string, out: string): MpiError {
  const sentence = `${call}: the message is ${message}, but out is ${out}; pass an out of the message's type, or none`;
  return new MpiError('ERR_TYPE', sentence, { op: call, expected: out, actual: message });
}

/** The message's elements are of a type that this version of Node.js doesn't have. */
export function dtypeUnknown(call: string, name: string): MpiError {
  const sentence = `${call}: the message is a ${name}, which Node.js ${process.versions.node} doesn't have; send it as another type`;
  return new MpiError('ERR_TYPE', sentence, { op: call, actual: name });
}

export function noMemory(call: string, bytes: number, cause: unknown): MpiError {
  return new MpiError('ERR_BUFFER', `${call}: there is no memory for a message of ${bytes} bytes`, {
    op: call,
    actual: bytes,
    cause,
  });
}

// Arguments and waiting.

/** A value as a message shows it: short, on one line. */
function shown(value: unknown): string {
  const text =
    typeof value === 'string'
      ? JSON.stringify(value)
      : Array.isArray(value)
        ? `[${value.map(shown).join(', ')}]`
        : typeof value === 'bigint'
          ? `${value}n`
          : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

export function badRank(call: string, name: string, actual: unknown, size: number, also: string): MpiError {
  const range = size === 1 ? '0' : `0 to ${size - 1}`;
  const sentence = `${call}: ${name} is ${shown(actual)}, but must be a rank from ${range}, or ${also}`;
  return new MpiError('ERR_RANK', sentence, { op: call, actual, expected: range });
}

export function badTag(call: string, actual: unknown, wildcard: boolean): MpiError {
  const sentence = `${call}: tag is ${shown(actual)}, but must be an integer from 0 to 2147483647${wildcard ? ', or ANY_TAG' : ''}`;
  return new MpiError('ERR_TAG', sentence, { op: call, actual });
}

export function badOptions(call: string, actual: unknown): MpiError {
  const sentence = `${call}: the options are ${shown(actual)}, but must be an object such as { timeout: 1000 }`;
  return new MpiError('ERR_ARG', sentence, { op: call, actual });
}

export function badTimeout(call: string, actual: unknown): MpiError {
  const sentence = `${call}: timeout is ${shown(actual)}, but must be a number of milliseconds, 0 or more`;
  return new MpiError('ERR_ARG', sentence, { op: call, actual });
}

export function badSignal(call: string, actual: unknown): MpiError {
  return new MpiError('ERR_ARG', `${call}: signal is ${shown(actual)}, but must be an AbortSignal`, {
    op: call,
    actual,
  });
}

export function badStatus(call: string, actual: unknown): MpiError {
  return new MpiError('ERR_ARG', `${call}: status is ${shown(actual)}, but must be made with new Status()`, {
    op: call,
    actual,
  });
}

export function timedOut(call: string, milliseconds: number): MpiError {
  return new MpiError('ERR_TIMEOUT', `${call} did not complete within ${milliseconds} ms`, { expected: milliseconds });
}

export function aborted(call: string, reason: unknown): MpiError {
  const why = reason instanceof Error && reason.name !== 'AbortError' ? `: ${reason.message}` : '';
  return new MpiError('ERR_ABORTED', `${call} was aborted by its signal${why}`, { cause: reason });
}

/** A frame header that no peer of this version would send. */
export function badHeader(field: string, actual: number | string, expected: string): MpiError {
  return new MpiError('ERR_PROTOCOL', `a frame header with ${field} ${actual}, which should be ${expected}`, {
    expected,
    actual,
  });
}

// Collectives: every sentence here is about the arguments of a call, and is thrown before a byte is sent.

/** What a value is, in few words: `a Float64Array of 3`, `'abc'`, `an object of class Map`. */
function inWords(value: unknown): string {
  if (ArrayBuffer.isView(value))
    return `a ${value.constructor.name} of ${(value as Uint8Array).length ?? value.byteLength}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'string') return value.length > 40 ? `a string of ${value.length}` : `'${value}'`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  if (typeof value !== 'object' || value === null) return String(value);
  const name = (value.constructor as { name?: string } | undefined)?.name ?? 'Object';
  return name === 'Object' ? 'an object' : `an object of class ${name}`;
}

export function opInvalid(call: string, op: unknown): MpiError {
  const sentence = `${call}: the op must be SUM, MAX or another of the ops, createOp(…), or a function (a, b) => c, not ${inWords(op)}`;
  return new MpiError('ERR_OP', sentence, { op: call, actual: op });
}

/** An op that can't work on such operands: `BAND takes integers, not Float64Array elements`. */
export function opUnsuited(call: string, op: string, takes: string, operand: unknown): MpiError {
  const what = typeof operand === 'string' ? operand : inWords(operand);
  return new MpiError('ERR_OP', `${call}: ${op} takes ${takes}, not ${what}`, { op: call });
}

/** What a user's elementwise op returned for two numbers is none. */
export function opResultInvalid(op: string, expected: string, result: unknown): MpiError {
  const sentence = `${op}: an elementwise op must return a ${expected} for elements of this kind, not ${inWords(result)}`;
  return new MpiError('ERR_OP', sentence, { op, expected, actual: result });
}

export function opAsync(call: string, op: string): MpiError {
  const sentence = `${call}: ${op} returned a promise; an op must return its result at once, so make the function not async`;
  return new MpiError('ERR_OP', sentence, { op: call });
}

/** A value that no built-in op reduces. `where` says which element of the value, if it is one. */
export function operandInvalid(call: string, op: string, value: unknown, where = ''): MpiError {
  const sentence =
    `${call}: ${op} works on numbers, bigints, booleans, arrays of these, TypedArrays and ndarrays, not on ${inWords(value)}${where}; ` +
    'for anything else pass a function (a, b) => c';
  return new MpiError('ERR_TYPE', sentence, { op: call });
}

/** The ranks' values have different lengths: seen only where elements are combined one by one. */
export function lengthsDiffer(call: string, left: number, right: number): MpiError {
  const sentence = `${call}: all ranks must give the same number of elements, but one has ${left} and another ${right}`;
  return new MpiError('ERR_MISMATCH', sentence, { op: call, expected: left, actual: right });
}

export function rootInvalid(call: string, root: unknown, size: number): MpiError {
  const sentence = `${call}: root must be a rank from 0 to ${size - 1}, not ${inWords(root)}`;
  return new MpiError('ERR_ROOT', sentence, { op: call, actual: root });
}

/** A wrong number of values, counts or elements; `what` was expected to be `expected`. */
export function countInvalid(call: string, what: string, expected: unknown, actual: unknown): MpiError {
  const said = typeof actual === 'string' ? actual : inWords(actual);
  return new MpiError('ERR_COUNT', `${call}: ${what} must be ${String(expected)}, not ${said}`, {
    op: call,
    expected,
    actual,
  });
}

/** An argument of a wrong type; `what` was expected to be `expected`. */
export function typeInvalid(call: string, what: string, expected: string, actual: unknown): MpiError {
  const sentence = `${call}: ${what} must be ${expected}, not ${inWords(actual)}`;
  return new MpiError('ERR_TYPE', sentence, { op: call, expected, actual });
}

/** Elements of another type than fits; both are described in words. */
export function elementsUnlike(call: string, what: string, expected: string, actual: string): MpiError {
  const sentence = `${call}: ${what} must be of ${expected}, not ${actual}`;
  return new MpiError('ERR_TYPE', sentence, { op: call, expected, actual });
}

export function detached(call: string, what: string): MpiError {
  const sentence = `${call}: the memory of ${what} is detached (it was transferred to another thread); pass an array that still owns its memory`;
  return new MpiError('ERR_BUFFER', sentence, { op: call });
}

/** The result is longer than `out`. */
export function outTooShort(call: string, expected: number, actual: number): MpiError {
  const sentence = `${call}: the result has ${expected} elements, but out only ${actual}; out is unchanged`;
  return new MpiError('ERR_TRUNCATE', sentence, { op: call, expected, actual });
}

/** A call that takes `algorithm` by name got one that does not exist. */
export function algorithmUnknown(collective: string, name: unknown, names: readonly string[]): MpiError {
  const choice = names.length > 0 ? `one of ${names.join(', ')}` : 'left out';
  const sentence = `${collective}: the algorithm must be ${choice}, not ${inWords(name)}`;
  return new MpiError('ERR_ARG', sentence, { op: collective, expected: names, actual: name });
}

/** An algorithm that reorders operands was asked for with an op that does not commute. */
export function algorithmReorders(collective: string, name: string, op: string, names: readonly string[]): MpiError {
  const sentence = `${collective}: ${name} reorders the operands, and ${op} does not commute; use one of ${names.join(', ')}`;
  return new MpiError('ERR_ARG', sentence, { op: collective, expected: names, actual: name });
}

export function collectiveUnknown(name: string, names: readonly string[]): MpiError {
  const sentence = `algorithms: the collective must be one of ${names.join(', ')}, not '${name}'`;
  return new MpiError('ERR_ARG', sentence, { expected: names, actual: name });
}

export function messageTaken(): MpiError {
  return new MpiError(
    'ERR_ARG',
    'message.recv: the message was received already; a matched message can be received once',
  );
}

export function badRequests(call: string, actual: unknown): MpiError {
  return new MpiError('ERR_ARG', `${call}: expected an array of requests, but got ${shown(actual)}`, {
    op: call,
    actual,
  });
}

export function alreadyStarted(): MpiError {
  const sentence =
    'start: this persistent request is still running; await the request of the last start before starting it again';
  return new MpiError('ERR_ARG', sentence, { op: 'start' });
}

// Communicators.

export function badExitCode(actual: unknown): MpiError {
  return new MpiError('ERR_ARG', `abort: the exit code is ${shown(actual)}, but must be an integer from 0 to 255`, {
    actual,
  });
}

/** A call on a communicator that an earlier failure has left unusable. */
export function unusable(call: string, name: string, cause: MpiError, op = call): MpiError {
  const sentence = `${call}: communicator ${name} can't be used any more since a collective on it failed: ${cause.message}`;
  return new MpiError('ERR_COMM', sentence, { op, cause });
}

export function failedElsewhere(rank: number, call: string, message: string): MpiError {
  return new MpiError('ERR_COMM', `${call} failed on rank ${rank}: ${message}`, { op: call, peer: rank });
}

/** What another rank hears of an op, or a conversion, that threw in the middle of a collective. */
export function threwInside(call: string, error: unknown): MpiError {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new MpiError('ERR_OP', `${call}: ${what}`, { op: call, cause: error });
}

/** Two ranks made different calls where both must make the same. */
export function mismatch(
  name: string,
  number: number,
  mine: { rank: number; call: string },
  theirs: { rank: number; call: string },
): MpiError {
  const sentence =
    `ranks disagree about collective number ${number + 1} on ${name}: rank ${mine.rank} called ${mine.call}, ` +
    `rank ${theirs.rank} called ${theirs.call}`;
  return new MpiError('ERR_MISMATCH', sentence, {
    rank: mine.rank,
    peer: theirs.rank,
    op: mine.call.split('(', 1)[0],
    expected: mine.call,
    actual: theirs.call,
  });
}

export function unequalParts(call: string, source: number, actual: number, expected: number): MpiError {
  const sentence = `${call}: rank ${source} sent ${actual} bytes where ${expected} were expected; all ranks must give equal counts`;
  return new MpiError('ERR_MISMATCH', sentence, { peer: source, actual, expected });
}

export function finalized(): MpiError {
  return new MpiError('ERR_FINALIZED', 'this rank has finalized: no message can be sent or received any more');
}

// The job.

/** Something between this rank and its launcher does not fit. */
export function launch(message: string, cause?: unknown): MpiError {
  return new MpiError('ERR_LAUNCH', message, { cause });
}

export function otherVersion(launcher: string, library: string): MpiError {
  return new MpiError(
    'ERR_LAUNCH',
    `tsrun ${launcher} started this rank, but the script imports tsmpi ${library}: they do not understand each other; ` +
      'install the same version beside the script, or start it with its own: npx tsrun',
    { expected: launcher, actual: library },
  );
}

export function twoCopies(first: string, second: string): MpiError {
  return new MpiError(
    'ERR_LAUNCH',
    `two copies of tsmpi were loaded into one rank, ${first} and ${second}; import it from one place only`,
  );
}

export function badAlgorithms(variable: string, part: string): MpiError {
  return new MpiError(
    'ERR_ARG',
    `${variable}: ${shown(part)} is not of the form collective=algorithm, as in allreduce=ring`,
  );
}

// Many ranks in one process.

export function badSize(actual: unknown): MpiError {
  return new MpiError('ERR_ARG', `spmd: the number of ranks is ${shown(actual)}, but must be an integer, 1 or more`, {
    actual,
  });
}

export function deadlock(waits: readonly string[]): MpiError {
  return new MpiError(
    'ERR_DEADLOCK',
    `deadlock: no message is under way and every rank waits:\n  ${waits.join('\n  ')}`,
  );
}

export function abortedJob(code: number, reason: string | undefined): MpiError {
  return new MpiError('ERR_ABORTED', `abort(${code})${reason === undefined ? '' : `: ${reason}`}`, { actual: code });
}

export function rankThrew(rank: number, error: unknown): MpiError {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new MpiError('ERR_PROC_FAILED', what, { peer: rank, cause: error });
}

/** A rank has sent another number of elements than this rank's counts say. */
export function countsDiffer(call: string, peer: number, expected: number, actual: number, index = peer): MpiError {
  const name = call === 'alltoallv' ? 'recvCounts' : 'counts';
  const sentence = `${call}: rank ${peer} sent ${actual} elements, but ${name}[${index}] is ${expected} here; ranks must agree`;
  return new MpiError('ERR_MISMATCH', sentence, { op: call, peer, expected, actual });
}

/** We can't listen where we were told to. */
export function cannotListen(address: string, detail: string, cause?: unknown): MpiError {
  return new MpiError('ERR_LAUNCH', `can't listen at ${address} for the other ranks of the job: ${detail}`, { cause });
}

/** A text that should be the address of a process. */
export function badAddress(text: string): MpiError {
  const expected = 'unix:/path, tcp:127.0.0.1:4711 or tcp:[::1]:4711';
  return new MpiError('ERR_LAUNCH', `"${text}" is no address of a process; one looks like ${expected}`, {
    expected,
    actual: text,
  });
}

/** Nobody answers at a peer's address. */
export function unreachablePeer(peer: number, address: string, cause: Error): MpiError {
  return new MpiError('ERR_LAUNCH', `can't connect to process ${peer} at ${address}: ${cause.message}`, {
    peer,
    cause,
  });
}

/** Links that have not come about in time. */
export function missingPeers(peers: readonly number[], milliseconds: number): MpiError {
  const who = `${peers.length === 1 ? 'process' : 'processes'} ${peers.join(', ')}`;
  return new MpiError('ERR_LAUNCH', `no connection with ${who} after ${milliseconds} ms`, { peer: peers[0] });
}

/** A peer has refused our connection, and says why. */
export function refusedLink(peer: number, reason: string): MpiError {
  return new MpiError('ERR_LAUNCH', `process ${peer} has refused our connection: ${reason}`, { peer });
}

/** A peer could not prove that it knows the job's secret. */
export function wrongSecret(peer: number): MpiError {
  return new MpiError('ERR_AUTH', `what answers as process ${peer} does not know the secret of this job`, { peer });
}

/** What answers at a peer's address speaks another protocol altogether. */
export function foreignPeer(peer: number): MpiError {
  return new MpiError('ERR_PROTOCOL', `what answers at the address of process ${peer} is no process of tsmpi`, {
    peer,
  });
}

/** Two versions of tsmpi in one job. */
export function versionMismatch(peer: number, ours: number, theirs: number): MpiError {
  return new MpiError(
    'ERR_PROTOCOL',
    `process ${peer} speaks version ${theirs} of the wire protocol and this one version ${ours}; ` +
      'every rank of a job needs the same version of tsmpi',
    { peer, expected: ours, actual: theirs },
  );
}

/** The transport was closed while its links were still being made. */
export function closedMeanwhile(): MpiError {
  return new MpiError('ERR_ABORTED', 'the transport was closed before all its connections were made');
}
