/** What is wrong with the topology that a communicator is to have. */
import { MpiError } from './mpi-error.ts';
import { shown } from './shown.ts';

export function gridTooLarge(name: string, dims: readonly number[], places: number, size: number): MpiError {
  const sentence =
    `createCart: a grid of ${dims.join(' x ')} has ${places} places, but ${name} has ${size === 1 ? 'one rank' : `${size} ranks`}; ` +
    `computeDims(${size}, ${dims.length}) finds dimensions that fit`;
  return new MpiError('ERR_COUNT', sentence, { op: 'createCart', expected: size, actual: places });
}

export function gridsDiffer(peer: number, rank: number): MpiError {
  const sentence = `createCart: rank ${peer} has given other dims, periods or reorder than rank ${rank}; all ranks must give the same`;
  return new MpiError('ERR_MISMATCH', sentence, { op: 'createCart', peer });
}

export function reorderDiffers(peer: number, rank: number): MpiError {
  const sentence = `createGraph: rank ${peer} has given another reorder than rank ${rank}; all ranks must give the same`;
  return new MpiError('ERR_MISMATCH', sentence, { op: 'createGraph', peer });
}

export function badReorder(call: string, actual: unknown): MpiError {
  return new MpiError('ERR_ARG', `${call}: reorder is ${shown(actual)}, but must be true or false`, {
    op: call,
    actual,
  });
}

export function notNeighbors(name: string, actual: unknown): MpiError {
  const sentence = `createGraph: ${name} is ${shown(actual)}, but must be an array of ranks; an empty one for none`;
  return new MpiError('ERR_ARG', sentence, { op: 'createGraph', actual });
}

export function badNeighbor(name: string, index: number, actual: unknown, size: number): MpiError {
  const sentence = `createGraph: ${name}[${index}] is ${shown(actual)}, but must be a rank from 0 to ${size - 1}`;
  return new MpiError('ERR_RANK', sentence, { op: 'createGraph', actual });
}

export function badWeights(actual: unknown, count: number): MpiError {
  const sentence = `createGraph: weights is ${shown(actual)}, but must be an array of ${count} numbers, 0 or more, one for each destination`;
  return new MpiError('ERR_ARG', sentence, { op: 'createGraph', actual });
}

/** `surplus` more of the edge among the destinations of `from` than among the sources of `to`; negative the other way round. */
export function unmatchedEdge(from: number, to: number, surplus: number): MpiError {
  const [has, lacks] =
    surplus > 0
      ? [`rank ${from} has ${to} among its destinations`, `rank ${to} has not ${from} among its sources`]
      : [`rank ${to} has ${from} among its sources`, `rank ${from} has not ${to} among its destinations`];
  const often = Math.abs(surplus) > 1 ? ' as often' : '';
  const sentence = `createGraph: ${has}, but ${lacks}${often}; an edge must be given at both ends`;
  return new MpiError('ERR_MISMATCH', sentence, { op: 'createGraph' });
}
