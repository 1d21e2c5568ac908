/** All messages of a call, counted under the real implementation. */
import { expect, it } from 'vitest';
import { CALLS } from '../../../bench/scale/simulated.ts';
import { TRAFFIC } from '../../../src/collectives/model/traffic.ts';
import { COLLECTIVES, SELECTABLE } from '../../../src/collectives/registry.ts';
import { LocalRun } from '../../../src/runtime/local-run.ts';
import { MemoryNetwork } from '../../../src/transport/memory/network.ts';
import type { Parcel } from '../../../src/transport/memory/parcel.ts';
import { FrameKind } from '../../../src/wire/frame.ts';

/** Counts what ranks send each other, until they say good-bye. */
class CountedNetwork extends MemoryNetwork {
  messages = 0;
  bytes = 0;

  override carry(parcel: Parcel): void {
    const { kind, bytes, total } = parcel.frame;
    if (kind === FrameKind.EAGER || kind === FrameKind.REQUEST) {
      this.messages++;
      this.bytes += kind === FrameKind.EAGER ? bytes : total;
    }
    super.carry(parcel);
  }
}

class CountedRun extends LocalRun<unknown> {
  readonly network: CountedNetwork;

  constructor(size: number) {
    const network = new CountedNetwork(size);
    super({ fabric: network, hosts: new Array<string>(size).fill('here') }, {});
    this.network = network;
  }

  override farewell(): void {
    // What follows is not counted.
  }

  protected override rouse(): boolean {
    return false;
  }
}

const CASES = SELECTABLE.flatMap((name) =>
  Object.keys(COLLECTIVES[name].algorithms).map((algorithm) => [name, algorithm] as const),
);

it.each(CASES)('of %s by %s there are as many messages and bytes as the model says', async (name, algorithm) => {
  for (const size of [2, 3, 4, 7, 8, 12]) {
    // Divided without a rest by any of these numbers of ranks; the second is announced, the third is asked for and cut into pieces.
    for (const bytes of name === 'barrier' ? [0] : [1344, 21_504, 688_128]) {
      const run = new CountedRun(size);
      const array = new Float64Array(bytes / 8);
      await run.run((comm) => CALLS[name](comm, array, { algorithm }));
      const batches = TRAFFIC[name][algorithm]!(size, bytes);
      const messages = batches.reduce((sum, { count }) => sum + count, 0);
      const sum = batches.reduce((total, batch) => total + batch.count * batch.bytes, 0);
      const place = `${size} ranks, ${bytes} bytes`;
      expect(run.network.messages, place).toBe(messages);
      // Bundles and announcements have heads of some bytes each.
      expect(run.network.bytes, place).toBeGreaterThanOrEqual(sum);
      expect(run.network.bytes, place).toBeLessThanOrEqual(sum + 40 * size * size);
    }
  }
});
