/** Many hosts as a tree, so that no host makes more connections than it can: those with the first of each branch. Pure. */

/** Cuts `hosts` into at most `fanOut` branches of nearly the same size, in order. */
export function branch<T>(hosts: readonly T[], fanOut: number): T[][] {
  const count = Math.min(fanOut, hosts.length);
  const start = (index: number): number => Math.floor((index * hosts.length) / count);
  return Array.from({ length: count }, (_, index) => hosts.slice(start(index), start(index + 1)));
}
