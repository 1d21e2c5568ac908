/** The proof finds what it is there to find: bugs planted in the runtime, each of a sort that no single test is likely to meet. */
import { describe, expect, it } from 'vitest';
import { COLLECTIVES } from '../../src/collectives/registry.ts';
import { Engine } from '../../src/matching/engine.ts';
import { Receiving } from '../../src/matching/receiving.ts';
import { FrameKind } from '../../src/wire/frame.ts';
import { prove } from './prove.ts';

/** Programs that are tried before a bug counts as not found. */
const RUNS = 3000;

/** Contexts of one communicator; its first, for point-to-point, is a multiple. */
const KINDS_OF_CONTEXT = 4;
/** A communicator and its `dup`s have numbers that differ only below this. */
const A_BLOCK = 64 * KINDS_OF_CONTEXT;

/** Plants a bug, and gives what takes it out again. */
type Plant = () => () => void;

function replace<T extends object, K extends keyof T>(target: T, key: K, make: (original: T[K]) => T[K]): () => void {
  const original = target[key];
  target[key] = make(original);
  return () => {
    target[key] = original;
  };
}

/** Programs that fail leave requests that nobody waits for any more: their failure is no news. Undone by what it gives. */
function deafen(): () => void {
  const event = 'unhandledRejection';
  const listeners = process.listeners(event);
  const ignore = () => {};
  process.removeAllListeners(event);
  process.on(event, ignore);
  return () => {
    process.off(event, ignore);
    for (const listener of listeners) process.on(event, listener);
  };
}

const BUGS: readonly [bug: string, finding: RegExp, plant: Plant][] = [
  [
    'of two messages of a pair that wait, now and then the second is given first',
    /overtaken|probed|saw/,
    () => {
      let looks = 0;
      return replace(Receiving.prototype, 'extract', (extract) => {
        return function (this: Receiving, context, source, tag) {
          const first = context.unexpected.find(source, tag);
          const pointToPoint = context.id % KINDS_OF_CONTEXT === 0;
          if (first === null || !pointToPoint || looks++ % 3 > 0) return extract.call(this, context, source, tag);
          const alike = [...context.unexpected].filter((one) => one.source === first.source && one.tag === first.tag);
          const taken = alike[1] ?? first;
          context.unexpected.remove(taken);
          return taken;
        };
      });
    },
  ],
  [
    'the last rank of an allreduce combines its operands the wrong way round',
    /reduction: rank \d got/,
    () =>
      replace(COLLECTIVES.allreduce.algorithms.recursiveDoubling as { run: Combining }, 'run', (run) => {
        return (channel, input, work, reducer, ...rest) => {
          const swapped: typeof reducer = {
            ...reducer,
            combine: (left, right, into) => reducer.combine(right, left, into),
          };
          return run(channel, input, work, channel.rank === channel.size - 1 ? swapped : reducer, ...rest);
        };
      }),
  ],
  [
    'a communicator that is freed leaves a context open on rank 1',
    /rank 1 has left behind context/,
    () =>
      replace(Engine.prototype, 'close', (close) => {
        return function (this: Engine, context, ...rest) {
          if (context.rank !== 1 || context.id % KINDS_OF_CONTEXT !== 0) close.call(this, context, ...rest);
        };
      }),
  ],
  [
    'messages in a dup are seen by the communicator that it was made of',
    /deadlock|received|probed/,
    () =>
      replace(Engine.prototype, 'announce', (announce) => {
        return function (this: Engine, from, frame) {
          const message = frame.kind === FrameKind.EAGER || frame.kind === FrameKind.REQUEST;
          if (message && frame.context % KINDS_OF_CONTEXT === 0) frame.context -= frame.context % A_BLOCK;
          return announce.call(this, from, frame);
        };
      }),
  ],
];

type Combining = NonNullable<(typeof COLLECTIVES)['allreduce']['algorithms'][string]>['run'];

describe('random programs', () => {
  it.each(BUGS)(
    'find that %s',
    async (bug, finding, plant) => {
      const takeOut = plant();
      const hear = deafen();
      try {
        const { runs, failure } = await prove({ runs: RUNS, seed: '1' });
        console.log(`program ${runs} found that ${bug}`);
        expect(failure?.report).toMatch(finding);
        expect(failure?.program.steps.length).toBeLessThanOrEqual(3);
      } finally {
        takeOut();
        hear();
      }
    },
    120_000,
  );
});
