/** What a receive asks for and what a message carries: the terms of matching (MPI 4.1, section 3.5). */

/** Matches every source. */
export const ANY_SOURCE = -1;
/** Matches every tag. */
export const ANY_TAG = -1;
/** The rank that is nobody: operations with it complete at once and do nothing (MPI 4.1, section 3.10). */
export const PROC_NULL = -2;
/** The largest tag. */
export const TAG_UB = 2 ** 31 - 1;

export function matches(wantedSource: number, wantedTag: number, source: number, tag: number): boolean {
  return (wantedSource === ANY_SOURCE || wantedSource === source) && (wantedTag === ANY_TAG || wantedTag === tag);
}
