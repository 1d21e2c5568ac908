/** What goes wrong with making and using intercommunicators. */
import { MpiError } from './mpi-error.ts';
import { shown } from './shown.ts';

export function rootAcrossInvalid(call: string, actual: unknown, size: number): MpiError {
  const range = size === 1 ? '0' : `from 0 to ${size - 1}`;
  const sentence =
    `${call}: root is ${shown(actual)}, but between two groups the root itself passes ROOT, the other ranks of its group PROC_NULL, ` +
    `and the ranks of the other group its rank there, ${range}`;
  return new MpiError('ERR_ROOT', sentence, { op: call, actual });
}

/** Ranks of the other group have sent elements of different kinds, which one flat array can't take. */
export function partsUnlike(call: string, expected: string, peer: number, actual: string): MpiError {
  const sentence = `${call}: rank ${peer} of the other group sent ${actual} elements, its rank 0 ${expected} elements; a group must agree`;
  return new MpiError('ERR_MISMATCH', sentence, { op: call, peer, expected, actual });
}

/** Ranks of our group have given counts that differ. */
export function countsUnlike(call: string, index: number, expected: number, actual: number): MpiError {
  const sentence = `${call}: counts[${index}] is ${expected} here and ${actual} on another rank; all ranks of a group must give the same counts`;
  return new MpiError('ERR_MISMATCH', sentence, { op: call, expected, actual });
}

export function badLeader(name: string, actual: unknown, size: number, of: string): MpiError {
  const range = size === 1 ? '0' : `0 to ${size - 1}`;
  const sentence = `createIntercomm: ${name} is ${shown(actual)}, but must be a rank of ${of}, ${range}`;
  return new MpiError('ERR_RANK', sentence, { op: 'createIntercomm', actual, expected: range });
}

/** The two groups have members in common. */
export function groupsOverlap(ranks: number): MpiError {
  const what = ranks === 1 ? 'one process is' : `${ranks} processes are`;
  const sentence = `createIntercomm: ${what} in both groups; make the call on communicators of different processes, as split gives them`;
  return new MpiError('ERR_ARG', sentence, { op: 'createIntercomm' });
}

/** What the leader has received where it expected the other leader's group. */
export function noLeader(peer: number, tag: number): MpiError {
  const sentence =
    `createIntercomm: rank ${peer} of the peer communicator makes something else with tag ${tag}; ` +
    'both leaders must call createIntercomm with a tag that nothing else uses at the time';
  return new MpiError('ERR_MISMATCH', sentence, { op: 'createIntercomm', peer });
}

/** The call has failed in the other group, before there was anything to use. */
export function otherGroupFailed(message: string): MpiError {
  const sentence = `createIntercomm: the other group could not make the call: ${message}`;
  return new MpiError('ERR_COMM', sentence, { op: 'createIntercomm' });
}

/** The leader of this group could not do its part: its error, on the other ranks of the group. */
export function leaderFailed(code: MpiError['code'], message: string, leader: number): MpiError {
  return new MpiError(code, message, { op: 'createIntercomm', peer: leader });
}

export function badFlag(actual: unknown): MpiError {
  const sentence = `merge: high is ${shown(actual)}, but must be true for the group that comes second, else false`;
  return new MpiError('ERR_ARG', sentence, { op: 'merge', actual });
}

export function flagsDiffer(group: string): MpiError {
  const sentence = `merge: some ranks of the ${group} group passed high = true and others false; all ranks of a group must pass the same`;
  return new MpiError('ERR_MISMATCH', sentence, { op: 'merge' });
}

export function notAnIntercommunicator(call: string, name: string, actual: unknown): MpiError {
  const sentence = `${call}: ${name} is ${shown(actual)}, but must be an intercommunicator`;
  return new MpiError('ERR_COMM', sentence, { op: call, actual });
}
