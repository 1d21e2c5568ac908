/** What is wrong with a group of processes, or with a grid that they shall form: always the arguments of a call. */
import { MpiError } from './mpi-error.ts';
import { shown } from './shown.ts';

export function notAGroup(call: string, actual: unknown): MpiError {
  const sentence = `${call}: the group is ${shown(actual)}, but must be a Group, such as world.group.include([0, 1])`;
  return new MpiError('ERR_ARG', sentence, { op: call, actual });
}

export function notAList(call: string, name: string, actual: unknown, example: string): MpiError {
  const sentence = `${call}: ${name} is ${shown(actual)}, but must be an array such as ${example}`;
  return new MpiError('ERR_ARG', sentence, { op: call, actual });
}

/** `name` says where the rank came from: `ranks[2]`, or the range that contains it. */
export function notInGroup(call: string, name: string, actual: unknown, size: number): MpiError {
  const right =
    size === 0 ? 'this group is empty and has no ranks' : `must be a rank of the group, from 0 to ${size - 1}`;
  return new MpiError('ERR_RANK', `${call}: ${name} is ${shown(actual)}, but ${right}`, { op: call, actual });
}

export function listedTwice(call: string, rank: number): MpiError {
  const sentence = `${call}: rank ${rank} is listed twice, but every rank must be listed once at most`;
  return new MpiError('ERR_RANK', sentence, { op: call, actual: rank });
}

export function badRange(call: string, name: string, actual: unknown): MpiError {
  const right = 'must be [first, last, stride], integers with a stride that leads from first towards last';
  return new MpiError('ERR_ARG', `${call}: ${name} is ${shown(actual)}, but ${right}`, { op: call, actual });
}

export function badNodes(call: string, actual: unknown): MpiError {
  const sentence = `${call}: the number of nodes is ${shown(actual)}, but must be an integer from 1 to 2147483647`;
  return new MpiError('ERR_ARG', sentence, { op: call, actual });
}

/** `least` is 0 where zeros ask to be filled, 1 where the grid must be given in full. */
export function badDims(call: string, actual: unknown, least: 0 | 1): MpiError {
  const right =
    least === 0
      ? 'must be their number, or an array of integers, 0 for each one to be found'
      : 'must be an array of integers, 1 or more; computeDims finds them';
  return new MpiError('ERR_ARG', `${call}: the dimensions are ${shown(actual)}, but ${right}`, { op: call, actual });
}

/** No grid with these dimensions has so many nodes. */
export function unfitDims(call: string, nodes: number, dims: readonly number[], preset: number): MpiError {
  const why = dims.includes(0)
    ? `${nodes} is no multiple of the product ${preset} of those that are given`
    : `their product is ${preset}, none is 0 to be filled`;
  const sentence = `${call}: ${nodes} nodes can't form a grid of dimensions ${shown(dims)}: ${why}`;
  return new MpiError('ERR_COUNT', sentence, { op: call, expected: nodes, actual: preset });
}

/** A list with one entry for each dimension of the grid is none, or has the wrong length or entries. */
export function badEntries(call: string, name: string, actual: unknown, count: number, what: string): MpiError {
  const sentence = `${call}: ${name} is ${shown(actual)}, but must be an array of ${count} ${what}, one for each dimension`;
  return new MpiError('ERR_ARG', sentence, { op: call, actual });
}

export function badCoordinate(call: string, dimension: number, actual: number, extent: number): MpiError {
  const right = `must be from 0 to ${extent - 1}, as this dimension is not periodic`;
  const sentence = `${call}: coords[${dimension}] is ${actual}, but ${right}`;
  return new MpiError('ERR_ARG', sentence, { op: call, actual });
}

export function badGridRank(call: string, actual: unknown, size: number): MpiError {
  const sentence = `${call}: rank is ${shown(actual)}, but must be a rank of the grid, from 0 to ${size - 1}`;
  return new MpiError('ERR_RANK', sentence, { op: call, actual });
}

export function badDimension(call: string, actual: unknown, count: number): MpiError {
  const right = count === 0 ? 'this grid has no dimensions' : `must be a dimension of the grid, from 0 to ${count - 1}`;
  return new MpiError('ERR_ARG', `${call}: dimension is ${shown(actual)}, but ${right}`, { op: call, actual });
}

export function badDisplacement(call: string, actual: unknown): MpiError {
  const sentence = `${call}: displacement is ${shown(actual)}, but must be an integer, negative to look the other way`;
  return new MpiError('ERR_ARG', sentence, { op: call, actual });
}
