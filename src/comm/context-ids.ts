/**
 * How communicators are numbered, without a counter that all would have to ask.
 *
 * The process that becomes rank 0 of a new communicator names it by its own endpoint and its next serial number: 53 bits that no
 * two communicators of a job ever share, so a late message never meets another communicator, and nothing has to be given back.
 *
 * A serial number stands for a block of 64. Most communicators are the first of a block, of which nothing else is used; an
 * intercommunicator takes three. The `dup`s of a communicator fill blocks of their own: rank 0 tells the number of a block when its first
 * place is taken, and all ranks know the next 63 without a message.
 *
 *     endpoint (16 bits) | serial (29) | index in the block (6) | kind (2)
 */
import { invariant } from '../base/invariant.ts';

/** A communicator has a context for each of these (MPI 4.1, section 7.4.1: no message of one is seen in another). */
export const ContextKind = {
  POINT_TO_POINT: 0,
  COLLECTIVE: 1,
  /** Making a group of its ranks. */ FORMATION: 2,
} as const;

const KINDS = 4;
/** Processes of a job. */
export const ENDPOINTS = 2 ** 16;
const SERIALS = 2 ** 29;

/** Communicators of one block. */
export const BLOCK = 64;

/** The serial numbers that are not handed out: of `world`, named by endpoint 0, and of each process' `self`. */
export const WORLD_SERIAL = 0;
export const SELF_SERIAL = 1;
export const FIRST_SERIAL = 2;

/** The number of a communicator: its contexts are this and the kind. */
export function communicatorId(endpoint: number, serial: number, index: number): number {
  invariant(endpoint < ENDPOINTS, 'more endpoints than communicators can be named by', endpoint, ENDPOINTS);
  invariant(serial < SERIALS, 'this process has named all the communicators that it can name', serial, SERIALS);
  invariant(index < BLOCK, 'a block is full', index, BLOCK);
  return ((endpoint * SERIALS + serial) * BLOCK + index) * KINDS;
}
