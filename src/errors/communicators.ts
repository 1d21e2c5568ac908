/** What goes wrong with making and freeing communicators. */
import { MpiError } from './mpi-error.ts';
import { shown } from './shown.ts';

/** A call on a communicator that this rank has freed. */
export function freed(call: string, name: string): MpiError {
  return new MpiError('ERR_COMM', `${call}: communicator ${name} has been freed; make calls before free()`, {
    op: call,
  });
}

/** The receiver has freed the communicator with our message in its queue. */
export function freedUnreceived(call: string, name: string, peer: number): MpiError {
  const sentence = `${call}: rank ${peer} has freed communicator ${name} without receiving this message`;
  return new MpiError('ERR_COMM', sentence, { peer });
}

/** All ranks have freed the communicator, and nobody has sent what a receive waits for. */
export function freedUnsent(call: string, name: string): MpiError {
  const sentence = `${call}: communicator ${name} has been freed, and no rank had sent a message for this call`;
  return new MpiError('ERR_COMM', sentence);
}

export function notToBeFreed(name: string): MpiError {
  return new MpiError(
    'ERR_COMM',
    `free: ${name} lives as long as the job and can't be freed; free what was made of it`,
    {
      op: 'free',
    },
  );
}

export function badColor(actual: unknown): MpiError {
  const sentence = `split: color is ${shown(actual)}, but must be an integer of at most 53 bits, or undefined to get no communicator`;
  return new MpiError('ERR_ARG', sentence, { op: 'split', actual });
}

export function badKey(actual: unknown): MpiError {
  const sentence = `split: key is ${shown(actual)}, but must be a number; ranks of one color are ordered by it`;
  return new MpiError('ERR_ARG', sentence, { op: 'split', actual });
}

export function badSplitType(actual: unknown): MpiError {
  const sentence = `splitType: the type is ${shown(actual)}, but must be 'shared' (ranks of the same host)`;
  return new MpiError('ERR_ARG', sentence, { op: 'splitType', actual, expected: 'shared' });
}

export function notACommunicator(call: string, name: string, actual: unknown): MpiError {
  return new MpiError('ERR_COMM', `${call}: ${name} is ${shown(actual)}, but must be a communicator`, {
    op: call,
    actual,
  });
}

export function badName(actual: unknown): MpiError {
  return new MpiError('ERR_ARG', `setName: the name is ${shown(actual)}, but must be a string`, {
    op: 'setName',
    actual,
  });
}

/** A group with members that the communicator has not. */
export function groupOutside(call: string, name: string): MpiError {
  const sentence = `${call}: the group has members that are not in communicator ${name}; take ranks of ${name}.group only`;
  return new MpiError('ERR_ARG', sentence, { op: call });
}

/** createGroup is called by the members alone. */
export function notAMember(call: string): MpiError {
  const sentence = `${call}: this rank is no member of the group; only its members make the call (all ranks call create)`;
  return new MpiError('ERR_ARG', sentence, { op: call });
}

/** A member of the group has given up, and with it those that would have heard from it. */
export function notFormed(call: string, peer: number): MpiError {
  return new MpiError('ERR_COMM', `${call}: rank ${peer} has given it up, so there is no communicator`, {
    op: call,
    peer,
  });
}

/** Members of one group have given groups that differ. */
export function groupsDiffer(call: string, peer: number): MpiError {
  const sentence = `${call}: rank ${peer} has given another group than this rank; all members of a group must give the same, in the same order`;
  return new MpiError('ERR_MISMATCH', sentence, { op: call, peer });
}
