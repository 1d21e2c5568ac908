import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import type { CollectiveContext } from '../../../src/collectives/context.ts';
import { HostMap } from '../../../src/collectives/levels/host-map.ts';
import { costOf } from '../../../src/collectives/model/costs.ts';
import { Forecast, Model, onOneHost } from '../../../src/collectives/model/model.ts';
import { RecentPlans } from '../../../src/collectives/recent.ts';
import { COLLECTIVES, SELECTABLE } from '../../../src/collectives/registry.ts';
import { byTable, choose } from '../../../src/collectives/selection.ts';
import { spmd } from '../../../src/testing.ts';
import { randomCalibration } from '../../helpers/calibration.ts';
import { domainOf } from '../../helpers/inside.ts';

const SEED = Date.now() % 2 ** 31;
const LENGTHS = [0, 8, 100, 2000, 16_384, 65_536, 65_544, 2 ** 20, 2 ** 24];

function contextOf(size: number, forecast: Forecast | undefined, preferred = {}): CollectiveContext {
  const never = () => {
    throw new Error('not to be opened');
  };
  return {
    rank: 0,
    size,
    segmentBytes: 1024,
    algorithms: new Map(Object.entries(preferred)),
    forecast,
    // One rank a host: none has levels.
    hosts: new HostMap(['a host']),
    recent: new RecentPlans(),
    sharesMemory: false,
    unshared: 'they are but numbers',
    open: never,
    close: never,
  };
}

const hosts = (...counts: number[]) => counts.flatMap((count, host) => new Array<string>(count).fill(`h${host}`));

describe(`a model of any parameters (seed ${SEED})`, () => {
  const random = seededRandom(SEED);
  const calibrations = Array.from({ length: 20 }, () => randomCalibration(random));

  it('takes nothing that by its own formulas costs more than what the table takes, and keeps the order where it counts', () => {
    for (const calibration of calibrations) {
      const { within, between, cores, reading } = calibration;
      const model = new Model(calibration);
      for (const size of [2, 3, 4, 7, 8, 16, 33]) {
        const near = onOneHost(size, within!, cores, reading);
        for (const [forecast, cost] of [
          [model.forecast(hosts(size)), near],
          [
            model.forecast(hosts(size - 1, 1)),
            (name, algorithm, bytes) => costOf(name, algorithm, size, bytes, between!, reading),
          ],
        ] as [Forecast, typeof near][]) {
          for (const name of SELECTABLE) {
            for (const commutative of [true, false]) {
              for (const bytes of LENGTHS.slice(1)) {
                const found = forecast.algorithm(name, bytes, commutative, byTable);
                const ruled = byTable(name, size, bytes, commutative);
                // Between two powers of two only one switch is looked for.
                const slack = Number.isInteger(Math.log2(bytes)) ? 1 : 4 / 3;
                const place = `${name}, ${size} ranks, ${bytes} bytes: ${found} for ${ruled}`;
                expect(cost(name, found, bytes), place).toBeLessThanOrEqual(cost(name, ruled, bytes) * slack);
                if (!commutative) expect(COLLECTIVES[name].algorithms[found]?.reorders, place).toBeUndefined();
              }
            }
          }
        }
      }
    }
  });

  it('answers the same to every rank that asks, in any order', () => {
    for (const calibration of calibrations) {
      const queries = SELECTABLE.flatMap((name) =>
        [undefined, ...LENGTHS].flatMap((bytes) => [2, 5, 8].map((size) => ({ name, bytes, size }))),
      );
      const answers = (order: typeof queries) => {
        const model = new Model(calibration);
        const pairs = order.map(({ name, bytes, size }): [string, string] => {
          const forecast = model.forecast(hosts(size))!;
          return [`${name} ${bytes} ${size}`, forecast.algorithm(name, bytes, true, byTable)];
        });
        return Object.fromEntries(pairs);
      };
      expect(answers(queries.toReversed())).toEqual(answers(queries));
    }
  });
});

describe('what chooses', () => {
  const calibration = randomCalibration(seededRandom(1));
  const contrary = (algorithm: string) => {
    return new Forecast(4, (_, candidate) => (candidate === algorithm ? 1 : 2), 1.1, [8]);
  };
  const { ring, rabenseifner, recursiveDoubling } = COLLECTIVES.allreduce.algorithms;

  it('is the call, then the environment, then the model, then the table', () => {
    const forecast = contrary('ring');
    const small = { bytes: 8 };
    expect(choose(contextOf(4, undefined), 'allreduce', undefined, small).run).toBe(recursiveDoubling?.run);
    expect(choose(contextOf(4, forecast), 'allreduce', undefined, small).run).toBe(ring?.run);
    const preferring = contextOf(4, forecast, { allreduce: 'rabenseifner' });
    expect(choose(preferring, 'allreduce', undefined, small).run).toBe(rabenseifner?.run);
    expect(choose(preferring, 'allreduce', 'recursiveDoubling', small).run).toBe(recursiveDoubling?.run);
  });

  it('is the table where the model predicts no gain that is worth it', () => {
    const little = new Forecast(4, (_, algorithm) => (algorithm === 'ring' ? 10 : 10.9), 1.1, [8]);
    expect(little.algorithm('allreduce', 8, true, byTable)).toBe('recursiveDoubling');
  });

  it('is the table for what has a length that not all ranks know, within a host', () => {
    const model = new Model(calibration);
    for (const name of ['allgather', 'alltoall', 'scatter', 'gather'] as const) {
      expect(model.forecast(hosts(4))?.algorithm(name, undefined, true, byTable)).toBe(byTable(name, 4, 0, true));
    }
    expect(contrary('bruck').algorithm('allgather', undefined, true, byTable)).toBe('bruck');
  });

  it('is the table for links that were never measured', () => {
    const { within, between, ...both } = calibration;
    const near = new Model({ ...both, within: within! });
    expect(near.forecast(hosts(3))).toBeDefined();
    expect(near.forecast(hosts(2, 1))).toBeUndefined();
    const far = new Model({ ...both, between: between! });
    expect(far.forecast(hosts(3))).toBeUndefined();
    expect(far.forecast(hosts(2, 1))).toBeDefined();
  });

  it('is nothing but the table where nobody has measured', async () => {
    expect(await spmd(2, (comm) => domainOf(comm).forecast)).toEqual([undefined, undefined]);
  });
});
