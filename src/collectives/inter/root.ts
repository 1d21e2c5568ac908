/** Roots of collectives between two groups (MPI 4.1, section 6.2.3). */
import { rootAcrossInvalid } from '../../errors.ts';
import { PROC_NULL } from '../../matching/envelope.ts';
import type { InterContext } from './context.ts';

/** What the root itself passes as root of a collective on an intercommunicator; the other ranks of its group pass `PROC_NULL`. */
export const ROOT = -3;

/** The root, a rank of its group that takes no part, or a rank of the other group, which takes part. */
export interface Role {
  readonly as: 'root' | 'bystander' | 'partner';
  /** The root's rank in the other group; for partners only. */
  readonly root: number;
  /** For the fingerprint of the call: where both groups mean the same rank it is the same. */
  readonly code: number;
}

/**
 * What ranks say about the root, as numbers that no rank has. A bystander's agrees with nobody's: whoever speaks to it in this call takes
 * it for somebody else.
 */
const BYSTANDER = 2 ** 20;

/** @throws MpiError ERR_ROOT */
export function roleOf({ bridge, first }: InterContext, root: unknown, call: string): Role {
  if (root === ROOT) return { as: 'root', root: ROOT, code: codeOf(first, bridge.rank) };
  if (root === PROC_NULL) return { as: 'bystander', root: PROC_NULL, code: BYSTANDER };
  if (!(Number.isInteger(root) && (root as number) >= 0 && (root as number) < bridge.size)) {
    throw rootAcrossInvalid(call, root, bridge.size);
  }
  return { as: 'partner', root: root as number, code: codeOf(!first, root as number) };
}

function codeOf(first: boolean, rank: number): number {
  return BYSTANDER + 1 + 2 * rank + (first ? 0 : 1);
}

/** The root of a fingerprint, in words. */
export function rootInWords(root: number): string {
  if (root < BYSTANDER) return `root ${root}`;
  if (root === BYSTANDER) return 'root PROC_NULL';
  const code = root - BYSTANDER - 1;
  return `root ${code >> 1} of the ${code % 2 === 0 ? 'first' : 'second'} group`;
}
