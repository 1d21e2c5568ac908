/** What the tsruns of a job say to each other when they meet: one line of JSON each way. Then the agent's protocol begins. */

import type { TaskPlace } from './placement.ts';

/** Raised with every incompatible change. */
export const GREETING = 1;
/** Bytes. A failure's text is the longest thing in it. */
export const LONGEST_GREETING = 64 * 2 ** 10;

/** From the tsrun of another rank. */
export interface Hello extends TaskPlace {
  readonly greeting: number;
  readonly rank: number;
  readonly size: number;
  /** An absolute path; empty where there is none. */
  readonly script: string;
  /** Why its script cannot be run. */
  readonly failure: { readonly message: string; readonly exitCode: number } | undefined;
}

/** From the tsrun of rank 0. */
export type Answer =
  /** Everybody is there. */
  | { readonly type: 'go' }
  /** Not this one; it may have come to the wrong place. */
  | { readonly type: 'refused'; readonly reason: string }
  /** There will be no job, and rank 0 has said why. */
  | { readonly type: 'failed'; readonly exitCode: number };

/** Undefined: it is none. */
export function parseHello(line: string): Hello | undefined {
  const hello = parse(line) as Partial<Hello>;
  const { greeting, rank, size, machine, host, script, failure } = hello;
  const { message, exitCode } = failure ?? { message: '', exitCode: 0 };
  const numbers = [greeting, rank, size, exitCode];
  const texts = [machine, host, script, message];
  if (!numbers.every(Number.isSafeInteger) || !texts.every((text) => typeof text === 'string')) return undefined;
  return hello as Hello;
}

/** Undefined: it is none. */
export function parseAnswer(line: string): Answer | undefined {
  const answer = parse(line) as Partial<Answer>;
  return ['go', 'refused', 'failed'].includes(answer.type ?? '') ? (answer as Answer) : undefined;
}

function parse(line: string): object {
  try {
    return Object(JSON.parse(line)) as object;
  } catch {
    return {};
  }
}
