/** What the user reads when a job fails: who, where, why, the line, and nothing else. Pure text. */
import type { PendingCall, SerializedError } from '../src/contract/control.ts';
import { formatFrame, type StackOptions, userFrames } from './stack.ts';
import type { Verdict } from './supervise/verdict.ts';

export interface ReportContext extends StackOptions {
  readonly size: number;
  /** Of the rank to blame. */
  readonly host: string;
  readonly pid: number | undefined;
  /** How many other ranks had to be stopped. */
  readonly stopped: number;
  readonly exitCode: number;
}

/** The frames that are shown of one stack: what is deeper helps nobody. */
const MOST_FRAMES = 12;

/** Ends with a newline. */
export function failureReport(verdict: Verdict, context: ReportContext): string {
  const { rank } = verdict;
  const { size, host, pid, stopped, exitCode } = context;
  const process = pid === undefined ? host : `${host}, pid ${pid}`;
  const first =
    verdict.cause.type === 'host'
      ? `tsrun: lost host ${verdict.cause.host}, with ${ranksText(verdict.cause.ranks)} of ${size}`
      : `tsrun: rank ${rank} of ${size} ${headline(verdict)} (${process})`;
  const lines = [first, ...details(verdict, context)];
  lines.push(`tsrun: ${stoppedRanks(stopped, 'the other ')}exit code ${exitCode}`);
  return `${lines.join('\n')}\n`;
}

function headline({ cause }: Verdict): string {
  switch (cause.type) {
    case 'host':
      return `was lost with its host`;
    case 'error':
      return 'failed';
    case 'code':
      return `exited with code ${cause.code}`;
    case 'signal':
      return `was killed by ${cause.signal}`;
    case 'memory':
      return 'ran out of memory';
    case 'early':
    case 'absent':
      return 'exited too early';
    case 'stuck':
      return 'waits for what can never happen';
    case 'abort':
      return `aborted the job with code ${cause.code}`;
    case 'unspawned':
      return 'could not be started';
  }
}

function details({ cause }: Verdict, context: ReportContext): string[] {
  switch (cause.type) {
    case 'error':
      return errorLines(cause.error, context, '');
    case 'code':
      return frames(cause.stack, context, '');
    case 'signal':
      return signalHint(cause.signal);
    case 'memory':
      return ['Its JavaScript heap was full; more room: NODE_OPTIONS=--max-old-space-size=MEGABYTES tsrun …'];
    case 'early':
      return [
        'It ended with exit code 0 before the other ranks were done with it; `await finalize()` waits for them',
        ...frames(cause.stack, context, ''),
      ];
    case 'absent':
      return ['It ended with exit code 0 without importing tsmpi, while other ranks wait for it to join'];
    case 'stuck':
      return ['Its script awaits a promise that nothing can settle any more', ...pendingLines(cause.pending, context)];
    case 'abort':
      return [...(cause.reason === undefined ? [] : [cause.reason]), ...frames(cause.stack, context, '')];
    case 'unspawned':
    case 'host':
      return [cause.reason];
  }
}

/** `rank 4`, `ranks 4 to 7`, `8 ranks`. */
function ranksText(ranks: readonly number[]): string {
  const [first] = ranks;
  if (ranks.length === 1) return `rank ${first}`;
  const dense = ranks.every((rank, index) => rank === first! + index);
  return dense ? `ranks ${first} to ${ranks.at(-1)}` : `${ranks.length} ranks (${ranks.join(', ')})`;
}

function signalHint(signal: NodeJS.Signals): string[] {
  if (signal === 'SIGKILL') return ["The kernel's out-of-memory killer or somebody else ended it"];
  if (signal === 'SIGSEGV' || signal === 'SIGBUS' || signal === 'SIGILL' || signal === 'SIGABRT') {
    return ['The process crashed in native code'];
  }
  return [];
}

/** An error with its causes, each with its own frames. */
function errorLines(error: SerializedError, context: ReportContext, indent: string): string[] {
  const lines = title(error)
    .split('\n')
    .map((line) => indent + line);
  lines.push(...frames(error.stack, context, indent));
  for (const each of error.errors ?? []) lines.push(...errorLines(each, context, `${indent}  `));
  if (error.cause !== undefined && !repeats(error.cause, error, context)) {
    const [first, ...rest] = errorLines(error.cause, context, indent);
    lines.push(`${indent}caused by ${first!.slice(indent.length)}`, ...rest);
  }
  return lines;
}

/** A cause that adds neither a sentence nor a line of the user's is left out, with all that is below it. */
function repeats(cause: SerializedError, error: SerializedError, context: ReportContext): boolean {
  if (cause.thrown || !error.message.includes(cause.message)) return false;
  return userFrames(cause.stack, context).length === 0 && (cause.errors ?? []).length === 0;
}

function title({ name, message, code, thrown }: SerializedError): string {
  if (thrown)
    return `threw ${name === 'null' || name === 'undefined' ? name : `the ${name} ${message}`}, which is no Error`;
  const shownCode = code !== undefined && !message.includes(code) ? ` [${code}]` : '';
  return message === '' ? `${name}${shownCode}` : `${name}${shownCode}: ${message}`;
}

function frames(stack: string, context: ReportContext, indent: string): string[] {
  const found = userFrames(stack, context);
  const lines = found.slice(0, MOST_FRAMES).map((frame) => `${indent}    ${formatFrame(frame, context.cwd)}`);
  if (found.length > MOST_FRAMES) lines.push(`${indent}    … ${found.length - MOST_FRAMES} more`);
  return lines;
}

function pendingLines(pending: readonly PendingCall[], context: StackOptions): string[] {
  return pending.map((call) => `    ${pendingText(call, context)}`);
}

/** `recv(source 3, tag 5) at ring.ts:12:20`. */
function pendingText({ call, stack }: PendingCall, context: StackOptions): string {
  const [frame] = stack === undefined ? [] : userFrames(stack, context);
  return frame === undefined ? call : `${call} ${formatFrame({ ...frame, name: undefined }, context.cwd)}`;
}

/** Where a rank was when the time was up. */
export type Whereabouts =
  | { readonly type: 'pending'; readonly pending: readonly PendingCall[] }
  | { readonly type: 'silent' }
  | { readonly type: 'outside' }
  | { readonly type: 'ended' };

export interface TimeoutContext extends StackOptions {
  readonly seconds: number;
  /** By rank. */
  readonly hosts: readonly string[];
  readonly stopped: number;
  readonly exitCode: number;
}

/** Ends with a newline. */
export function timeoutReport(whereabouts: readonly Whereabouts[], context: TimeoutContext): string {
  const { seconds, hosts, stopped, exitCode } = context;
  const width = String(whereabouts.length - 1).length;
  const widest = new Set(hosts).size > 1 ? Math.max(...hosts.map(({ length }) => length)) : 0;
  const lines = [`tsrun: the job was not done after ${seconds} s`];
  whereabouts.forEach((where, rank) => {
    const host = widest === 0 ? '' : `  ${hosts[rank]!.padEnd(widest)}`;
    lines.push(`    rank ${String(rank).padStart(width)}${host}  ${whereText(where, context)}`);
  });
  lines.push(`tsrun: ${stoppedRanks(stopped, '')}exit code ${exitCode}`);
  return `${lines.join('\n')}\n`;
}

function whereText(where: Whereabouts, context: StackOptions): string {
  switch (where.type) {
    case 'pending':
      if (where.pending.length === 0) return 'waiting for something outside tsmpi';
      return where.pending.map((call) => pendingText(call, context)).join(', ');
    case 'silent':
      return 'computing (did not answer)';
    case 'outside':
      return 'not in tsmpi';
    case 'ended':
      return 'done';
  }
}

/** Ends with a newline. */
export function signalReport(signal: NodeJS.Signals, stopped: number, exitCode: number): string {
  return `tsrun: ${signal}: ${stoppedRanks(stopped, '')}exit code ${exitCode}\n`;
}

/** `stopped the other 3 ranks, `. */
function stoppedRanks(count: number, which: string): string {
  if (count === 0) return '';
  return `stopped ${count === 1 ? `${which === '' ? '1 ' : which}rank` : `${which}${count} ranks`}, `;
}
