import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Context } from '../../src/matching/context.ts';
import type { Engine } from '../../src/matching/engine.ts';
import { ANY_SOURCE, ANY_TAG } from '../../src/matching/envelope.ts';
import type { Message } from '../../src/matching/message.ts';
import { OpState, ProbeOperation } from '../../src/matching/operation.ts';
import { FrameKind } from '../../src/wire/frame.ts';
import { cluster, TestReceive, TestSend } from './helpers.ts';
import { ContextModel } from './model.ts';

const SIZE = 3;
/** Contexts that are there from the start, and one that each process opens later. */
const CONTEXTS = [100, 104, 108];
const LATE = 2;

class TestProbe extends ProbeOperation {
  override found(message: Message): void {
    this.value = message;
    this.complete();
  }

  override describe(): string {
    return `probe(${this.source}, ${this.tag})`;
  }
}

const where = { at: fc.nat(SIZE - 1), context: fc.nat(CONTEXTS.length - 1) };
const pattern = {
  source: fc.oneof(fc.nat(SIZE - 1), fc.constant(ANY_SOURCE)),
  tag: fc.oneof(fc.nat(1), fc.constant(ANY_TAG)),
};
const does = <const K extends string>(kind: K) => fc.constant(kind);
const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      does: does('send'),
      ...where,
      dest: fc.nat(SIZE - 1),
      tag: fc.nat(1),
      length: fc.constantFrom(4, 16, 17, 300),
      synchronous: fc.boolean(),
    }),
  },
  { weight: 5, arbitrary: fc.record({ does: does('receive'), ...where, ...pattern }) },
  { weight: 1, arbitrary: fc.record({ does: does('probe'), ...where, ...pattern }) },
  { weight: 1, arbitrary: fc.record({ does: does('mprobe'), ...where, ...pattern }) },
  { weight: 1, arbitrary: fc.record({ does: does('peek'), ...where, ...pattern }) },
  { weight: 2, arbitrary: fc.record({ does: does('withdraw'), which: fc.nat(30) }) },
  { weight: 2, arbitrary: fc.record({ does: does('take back'), which: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ does: does('open'), at: fc.nat(SIZE - 1) }) },
  { weight: 3, arbitrary: fc.record({ does: does('turn') }) },
);

/** Engines, and beside each the model, which is told of every envelope in the moment when it arrives. */
class Bench {
  readonly cluster;
  readonly models = Array.from({ length: SIZE }, () => CONTEXTS.map(() => new ContextModel()));
  readonly contexts: (Context | undefined)[][] = Array.from({ length: SIZE }, () => CONTEXTS.map(() => undefined));
  readonly sends: { op: TestSend; at: number; context: number; cancelled: boolean }[] = [];
  readonly waits: { op: TestReceive | TestProbe; at: number; context: number }[] = [];
  /** What is under way between two processes: envelopes keep their order. */
  readonly #links = new Map<string, number[]>();

  constructor(seed: number) {
    this.cluster = cluster(SIZE, { seed, eagerLimit: 16, fragmentBytes: 64 });
    for (const at of this.models.keys()) {
      for (const context of CONTEXTS.keys()) if (context !== LATE) this.open(at, context);
      this.#listen(at);
    }
  }

  engine(at: number): Engine {
    return this.cluster.engines[at] as Engine;
  }

  model(at: number, context: number): ContextModel {
    return this.models[at]?.[context] as ContextModel;
  }

  open(at: number, context: number): Context {
    const endpoints = [...this.models.keys()];
    const owner = { name: 'test', inspect() {}, revoked() {}, peerFailed() {} };
    const options = { owner, endpoints, rank: at, tally: null };
    const there = this.contexts[at] as (Context | undefined)[];
    if (there[context] === undefined) {
      this.model(at, context).open();
      there[context] = this.engine(at).open(CONTEXTS[context] as number, options);
    }
    return there[context];
  }

  send(at: number, context: number, dest: number, tag: number, length: number, synchronous: boolean): void {
    const payload = new Uint8Array(length);
    const number = this.sends.length;
    new DataView(payload.buffer).setUint32(0, number);
    const op = new TestSend(this.open(at, context), payload, dest, tag, synchronous);
    this.sends.push({ op, at, context, cancelled: false });
    const link = `${at} ${dest}`;
    this.#links.set(link, [...(this.#links.get(link) ?? []), number]);
    this.engine(at).send(op);
  }

  wait(kind: 'receive' | 'probe' | 'mprobe', at: number, context: number, source: number, tag: number): void {
    const number = this.waits.length;
    const place = this.open(at, context);
    const op =
      kind === 'receive' ? new TestReceive(place, source, tag) : new TestProbe(place, source, tag, kind === 'mprobe');
    this.waits.push({ op, at, context });
    this.model(at, context).wait({ kind, number, source, tag });
    if (op instanceof TestReceive) this.engine(at).receive(op);
    else this.engine(at).probe(op);
  }

  #listen(at: number): void {
    const engine = this.engine(at);
    const announce = engine.announce.bind(engine);
    engine.announce = (from, frame) => {
      const context = CONTEXTS.indexOf(frame.context);
      if (frame.kind === FrameKind.EAGER || frame.kind === FrameKind.REQUEST) {
        const number = this.#links.get(`${from} ${at}`)?.shift() as number;
        this.model(at, context).arrive({ source: frame.source, tag: frame.tag, number });
      } else if (frame.kind === FrameKind.CANCEL) {
        const number = this.sends.findIndex(({ op, at }) => at === from && op.id === frame.id);
        const send = this.sends[number];
        if (send !== undefined && this.model(at, send.context).takeBack(number)) send.cancelled = true;
      }
      return announce(from, frame);
    };
  }
}

const numberIn = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);

it('matches as lists would that are searched from the front, in several contexts, with probes and withdrawals', async () => {
  let matched = 0;
  let takenBack = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { minLength: 1, maxLength: 120, size: 'max' }),
      fc.integer({ min: 1, max: 1e6 }),
      async (actions, seed) => {
        const bench = new Bench(seed);
        for (const step of actions) {
          switch (step.does) {
            case 'send':
              bench.send(step.at, step.context, step.dest, step.tag, step.length, step.synchronous);
              break;
            case 'receive':
            case 'probe':
            case 'mprobe':
              bench.wait(step.does, step.at, step.context, step.source, step.tag);
              break;
            case 'peek': {
              const seen = bench.engine(step.at).peek(bench.open(step.at, step.context), step.source, step.tag);
              const expected = bench.model(step.at, step.context).peek(step);
              expect(seen && [seen.source, seen.tag]).toEqual(expected ? [expected.source, expected.tag] : null);
              break;
            }
            case 'withdraw': {
              const wait = bench.waits[step.which];
              if (wait === undefined || !wait.op.pending) break;
              const withdrawn = bench.engine(wait.at).withdraw(wait.op);
              expect(withdrawn).toBe(bench.model(wait.at, wait.context).withdraw(step.which));
              if (withdrawn) wait.op.cancelled();
              break;
            }
            case 'take back': {
              const send = bench.sends[step.which];
              if (send !== undefined) bench.engine(send.at).requestCancel(send.op);
              break;
            }
            case 'open':
              bench.open(step.at, LATE);
              break;
            case 'turn':
              await new Promise((resolve) => setImmediate(resolve));
          }
        }
        await bench.cluster.idle();
        for (const [number, { op, at, context }] of bench.waits.entries()) {
          const model = bench.model(at, context);
          const got = model.got.get(number);
          expect(op.pending).toBe(model.waits.some((wait) => wait.number === number));
          expect(op.state === OpState.DONE).toBe(got !== undefined);
          if (got === undefined) continue;
          matched++;
          const send = bench.sends[got]?.op as TestSend;
          if (op instanceof TestReceive) expect(numberIn(op.bytes)).toBe(got);
          else
            expect(op.value).toMatchObject({ tag: send.tag, source: bench.sends[got]?.at, bytes: send.packet.bytes });
        }
        for (const [at, contexts] of bench.contexts.entries()) {
          for (const [index, context] of contexts.entries()) {
            const left = context === undefined ? [] : [...context.unexpected];
            if (context === undefined) continue;
            expect(left.map(({ source, tag }) => ({ source, tag }))).toEqual(
              bench.model(at, index).unexpected.map(({ source, tag }) => ({ source, tag })),
            );
          }
        }
        for (const { op, cancelled } of bench.sends) expect(op.state === OpState.CANCELLED).toBe(cancelled);
        takenBack += bench.sends.filter(({ cancelled }) => cancelled).length;
      },
    ),
    { seed: 7, numRuns: 1000 },
  );
  expect(matched).toBeGreaterThan(8000);
  expect(takenBack).toBeGreaterThan(500);
});
