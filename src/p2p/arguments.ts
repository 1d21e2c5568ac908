/** What every call checks before a byte is sent. */
import * as errors from '../errors.ts';
import type { Context } from '../matching/context.ts';
import { ANY_SOURCE, ANY_TAG, PROC_NULL, TAG_UB } from '../matching/envelope.ts';

export function checkDest(call: string, dest: unknown, { size, owner }: Context): void {
  if (isRank(dest, size) || dest === PROC_NULL) return;
  throw errors.badRank(call, 'dest', dest, size, owner.name, 'PROC_NULL');
}

export function checkSource(call: string, source: unknown, { size, owner }: Context): void {
  if (isRank(source, size) || source === ANY_SOURCE || source === PROC_NULL) return;
  throw errors.badRank(call, 'source', source, size, owner.name, 'ANY_SOURCE or PROC_NULL');
}

export function checkTag(call: string, tag: unknown, wildcard: boolean): void {
  if (typeof tag === 'number' && Number.isInteger(tag) && tag >= 0 && tag <= TAG_UB) return;
  if (wildcard && tag === ANY_TAG) return;
  throw errors.badTag(call, tag, wildcard);
}

function isRank(rank: unknown, size: number): boolean {
  return typeof rank === 'number' && Number.isInteger(rank) && rank >= 0 && rank < size;
}
