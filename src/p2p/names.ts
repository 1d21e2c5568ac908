/** Ranks and tags as people write them. */
import { ANY_SOURCE, ANY_TAG, PROC_NULL } from '../matching/envelope.ts';

export function rankName(rank: number): string {
  return rank === ANY_SOURCE ? 'ANY_SOURCE' : rank === PROC_NULL ? 'PROC_NULL' : String(rank);
}

export function tagName(tag: number): string {
  return tag === ANY_TAG ? 'ANY_TAG' : String(tag);
}
