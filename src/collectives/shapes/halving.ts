/**
 * Recursive halving over a power of two of ranks, as the steps of one of them.
 *
 * A vector in `core` blocks is halved at each step: a rank keeps one half of what it has and gives the other to its partner.
 * The way back (recursive doubling) takes the same steps in reverse, keeping and giving exchanged.
 */
export interface HalvingStep {
  readonly partner: number;
  /** The blocks [keepFrom, keepTo) that this rank goes on with. */
  readonly keepFrom: number;
  readonly keepTo: number;
  /** The blocks [giveFrom, giveTo) that its partner goes on with. */
  readonly giveFrom: number;
  readonly giveTo: number;
}

/**
 * Partners at distance 1, 2, 4, …: each step combines neighbouring runs of ranks, so the order of the operands is kept. The
 * block that a rank ends with is not its own but the one of its bits reversed.
 */
export function halvingNearFirst(index: number, core: number): HalvingStep[] {
  const steps: HalvingStep[] = [];
  for (let distance = 1, from = 0, to = core; distance < core; distance *= 2) {
    const step = halve(index, distance, from, to);
    steps.push(step);
    from = step.keepFrom;
    to = step.keepTo;
  }
  return steps;
}

/** Partners at distance core / 2, …, 2, 1: a rank ends with the block of its own index, but operands meet out of order. */
export function halvingFarFirst(index: number, core: number): HalvingStep[] {
  const steps: HalvingStep[] = [];
  for (let distance = core / 2, from = 0, to = core; distance >= 1; distance /= 2) {
    const step = halve(index, distance, from, to);
    steps.push(step);
    from = step.keepFrom;
    to = step.keepTo;
  }
  return steps;
}

function halve(index: number, distance: number, from: number, to: number): HalvingStep {
  const middle = (from + to) / 2;
  const partner = index ^ distance;
  return index < partner
    ? { partner, keepFrom: from, keepTo: middle, giveFrom: middle, giveTo: to }
    : { partner, keepFrom: middle, keepTo: to, giveFrom: from, giveTo: middle };
}
