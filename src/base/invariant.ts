/** Holds or we have a bug: never used for what a user, a peer or the network can do. */
export function invariant(condition: unknown, message: string, ...operands: unknown[]): asserts condition {
  if (!condition)
    throw new Error(`tsmpi bug: ${message}${operands.length ? ` (${operands.map(String).join(', ')})` : ''}`);
}
