import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MpiError } from '../../src/errors.ts';
import type { Context } from '../../src/matching/context.ts';
import type { Engine } from '../../src/matching/engine.ts';
import { ANY_SOURCE, ANY_TAG, matches } from '../../src/matching/envelope.ts';
import { OpState } from '../../src/matching/operation.ts';
import { creditFor, MESSAGE_COST } from '../../src/matching/peers.ts';
import { Frame, FrameKind } from '../../src/wire/frame.ts';
import { cluster, TestReceive, TestSend } from './helpers.ts';

const bytes = (length: number, fill = 1) => new Uint8Array(length).fill(fill);

function pair(options = {}) {
  const all = cluster(2, options);
  const [a, b] = all.engines as [Engine, Engine];
  const [ca, cb] = all.contexts as [Context, Context];
  return { ...all, a, b, ca, cb };
}

describe('the protocol', () => {
  it.each([0, 1, 64, 65, 1000])('brings %i bytes to a receive that was posted before', async (length) => {
    const { a, b, ca, cb, idle, holds } = pair({ eagerLimit: 64, fragmentBytes: 100 });
    const receive = new TestReceive(cb, 0, 5);
    b.receive(receive);
    expect(holds[1]).toBe(1);
    const send = new TestSend(ca, bytes(length), 1, 5);
    a.send(send);
    await idle();
    expect(send.state).toBe(OpState.DONE);
    expect(receive.bytes).toEqual(bytes(length));
    expect(holds).toEqual([0, 0]);
  });

  it.each([0, 1, 64, 65, 1000])('brings %i bytes to a receive that is posted later', async (length) => {
    const { a, b, ca, cb, idle, holds } = pair({ eagerLimit: 64, fragmentBytes: 100 });
    const send = new TestSend(ca, bytes(length), 1, 5);
    a.send(send);
    await idle();
    expect(send.pending).toBe(length > 64);
    const receive = new TestReceive(cb, ANY_SOURCE, ANY_TAG);
    b.receive(receive);
    await idle();
    expect(receive.bytes).toEqual(bytes(length));
    expect(receive.actual).toEqual({ source: 0, tag: 5 });
    expect(send.state).toBe(OpState.DONE);
    expect(holds).toEqual([0, 0]);
  });

  it.each([0, 1])('completes a synchronous send only once it is matched (dest %i)', async (dest) => {
    const { engines, contexts, a, ca, idle, holds } = pair();
    const send = new TestSend(ca, bytes(8), dest, 1, true);
    a.send(send);
    await idle();
    expect(send.pending).toBe(true);
    // What only we ourselves can complete is no reason to stay alive.
    expect(holds[0]).toBe(dest === 0 ? 0 : 1);
    const receive = new TestReceive(contexts[dest] as Context, 0, 1);
    (engines[dest] as Engine).receive(receive);
    await idle();
    expect(receive.bytes).toEqual(bytes(8));
    expect(send.state).toBe(OpState.DONE);
  });

  it('refuses a message that is too long, and the next one fits again', async () => {
    for (const length of [50, 500]) {
      const { a, b, ca, cb, idle } = pair({ eagerLimit: 64 });
      const short = new TestReceive(cb, 0, 0, 10);
      b.receive(short);
      const send = new TestSend(ca, bytes(length), 1, 0);
      a.send(send);
      await idle();
      expect(short.state).toBe(OpState.FAILED);
      expect(send.state).toBe(OpState.DONE);
      const next = new TestReceive(cb, 0, 0);
      b.receive(next);
      a.send(new TestSend(ca, bytes(3), 1, 0));
      await idle();
      expect(next.bytes).toEqual(bytes(3));
    }
  });

  it('keeps the memory of unexpected messages within the credit, and loses none', async () => {
    const { a, b, ca, cb, idle } = pair();
    const count = 3 * Math.ceil(creditFor(2) / MESSAGE_COST);
    const sends = Array.from({ length: count }, (_, i) => new TestSend(ca, new Uint8Array([i & 255]), 1, 0));
    for (const send of sends) a.send(send);
    await idle();
    const eager = sends.filter((send) => send.state === OpState.DONE).length;
    expect(eager * (MESSAGE_COST + 1)).toBeLessThanOrEqual(creditFor(2));
    expect(eager).toBeGreaterThan(1000);
    for (let i = 0; i < count; i++) {
      const receive = new TestReceive(cb, 0, 0);
      b.receive(receive);
      if (receive.pending) await idle();
      expect(receive.bytes[0]).toBe(i & 255);
    }
    await idle();
    expect(sends.every((send) => send.state === OpState.DONE)).toBe(true);
    const again = new TestSend(ca, bytes(1), 1, 0);
    a.send(again);
    expect(again.state).toBe(OpState.DONE);
  });

  it('withdraws a posted receive as if it had never been posted', async () => {
    const { a, b, ca, cb, idle } = pair();
    const [first, second, third] = [1, 2, 3].map(() => new TestReceive(cb, 0, 0)) as [
      TestReceive,
      TestReceive,
      TestReceive,
    ];
    for (const receive of [first, second, third]) b.receive(receive);
    expect(b.withdraw(second)).toBe(true);
    expect(b.withdraw(second)).toBe(false);
    a.send(new TestSend(ca, bytes(1, 10), 1, 0));
    a.send(new TestSend(ca, bytes(1, 20), 1, 0));
    await idle();
    expect([first.bytes[0], third.bytes[0]]).toEqual([10, 20]);
    expect(second.pending).toBe(true);
  });

  it.each([8, 1000])('cancels an unmatched send of %i bytes, and says when it was matched', async (length) => {
    const { a, b, ca, cb, idle } = pair({ eagerLimit: 64 });
    const lost = new TestSend(ca, bytes(length, 1), 1, 0, true);
    const kept = new TestSend(ca, bytes(length, 2), 1, 0, true);
    a.send(lost);
    a.send(kept);
    await idle();
    a.requestCancel(lost);
    await idle();
    expect(lost.state).toBe(OpState.CANCELLED);
    const receive = new TestReceive(cb, 0, 0);
    b.receive(receive);
    a.requestCancel(kept);
    await idle();
    expect(kept.state).toBe(OpState.DONE);
    expect(receive.bytes[0]).toBe(2);
  });

  it('lets the data of a receive that is given up half-way go by, and the next message lands', async () => {
    const { a, b, ca, cb, idle, holds } = pair({ eagerLimit: 64, fragmentBytes: 100 });
    const receive = new TestReceive(cb, 0, 0);
    b.receive(receive);
    const send = new TestSend(ca, bytes(400_000), 1, 0);
    a.send(send);
    while (receive.received === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(receive.received).toBeLessThan(400_000);
    expect(b.withdraw(receive)).toBe(false);
    receive.fail(new MpiError('ERR_TIMEOUT', 'too late'));
    await idle();
    expect(receive.state).toBe(OpState.FAILED);
    expect(send.state).toBe(OpState.DONE);
    const next = new TestReceive(cb, 0, 0);
    b.receive(next);
    a.send(new TestSend(ca, bytes(500, 7), 1, 0));
    await idle();
    expect(next.bytes).toEqual(bytes(500, 7));
    expect(holds).toEqual([0, 0]);
  });

  it('tells a receive that has matched a send given up meanwhile', async () => {
    const { a, b, ca, cb, idle } = pair({ eagerLimit: 64 });
    const send = new TestSend(ca, bytes(1000), 1, 0);
    a.send(send);
    await idle();
    const receive = new TestReceive(cb, 0, 0);
    b.receive(receive);
    a.requestCancel(send);
    send.fail(new MpiError('ERR_TIMEOUT', 'too late'));
    await idle();
    expect(receive.error).toMatchObject({ code: 'ERR_ABORTED', peer: 0 });
    expect([...a.pending(), ...b.pending()]).toEqual([]);
  });

  it('refuses what no correct peer sends', async () => {
    const { a, ca } = pair({ eagerLimit: 64 });
    const frame = (fields: Partial<Frame>) => Object.assign(new Frame(), { context: ca.id, source: 1, ...fields });
    const wrong: Partial<Frame>[] = [
      { kind: 0 },
      { kind: FrameKind.EAGER, bytes: 65 },
      { kind: FrameKind.EAGER, source: 0 },
      { kind: FrameKind.REQUEST, source: 7 },
      { kind: FrameKind.DATA, bytes: 1, peerId: 99 },
      { kind: FrameKind.CREDIT, total: 1 },
      { kind: FrameKind.REVOKE, bytes: 2 ** 40 },
      { kind: FrameKind.REVOKE, bytes: 0 },
    ];
    for (const fields of wrong) {
      expect(() => a.announce(1, frame(fields))).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }));
    }
    const flood = () => {
      for (let i = 0; i <= creditFor(2) / MESSAGE_COST; i++) a.announce(1, frame({ kind: FrameKind.EAGER, tag: 5 }));
    };
    expect(flood).toThrow(/beyond the credit/);
    for (const kind of [FrameKind.GRANT, FrameKind.MATCHED, FrameKind.CANCELLED, FrameKind.CANCEL, FrameKind.INQUIRY]) {
      expect(a.announce(1, frame({ kind, id: 12345 }))).toBe(null);
    }
  });

  it('fails what needs a peer that is lost, and only that', async () => {
    const { engines, contexts, idle, holds } = cluster(3, { eagerLimit: 64 });
    const [a, , c] = engines as [Engine, Engine, Engine];
    const [ca, cb, cc] = contexts as [Context, Context, Context];
    const fromLost = new TestReceive(ca, 1, 0);
    const fromOther = new TestReceive(ca, 2, 0);
    const fromAny = new TestReceive(ca, ANY_SOURCE, 1);
    for (const receive of [fromLost, fromOther, fromAny]) a.receive(receive);
    const toLost = new TestSend(ca, bytes(1000), 1, 0);
    a.send(toLost);
    await idle();
    a.lost(1, new Error('gone'));
    expect([fromLost.state, fromAny.state, toLost.state]).toEqual([OpState.FAILED, OpState.FAILED, OpState.FAILED]);
    expect(fromLost.error).toMatchObject({ code: 'ERR_PROC_FAILED', peer: 1, rank: 0 });
    c.send(new TestSend(cc, bytes(4), 0, 0));
    await idle();
    expect(fromOther.bytes).toEqual(bytes(4));
    expect(cb.posted.take(0, 0)).toBe(null);
    expect(holds[0]).toBe(0);
  });

  it('lets go of wildcard receives that nobody can satisfy any more, and fails named ones', async () => {
    const { a, b, ca, idle, holds } = pair();
    const any = new TestReceive(ca, ANY_SOURCE, 0);
    const named = new TestReceive(ca, 1, 0);
    a.receive(any);
    a.receive(named);
    expect(holds[0]).toBe(2);
    b.leave();
    await idle();
    expect(named.error).toMatchObject({ code: 'ERR_PROC_FAILED', peer: 1 });
    expect(any.pending).toBe(true);
    expect(holds[0]).toBe(0);
  });

  it('delivers messages for a context that is opened later', async () => {
    const { a, b, ca, idle } = pair({ eagerLimit: 64 });
    const owner = { name: 'later', inspect() {}, revoked() {}, peerFailed() {} };
    const mine = a.open(99, { owner, endpoints: [0, 1], rank: 0, tally: null });
    const sends = [bytes(3), bytes(300)].map((value) => new TestSend(mine, value, 1, 0));
    for (const send of sends) a.send(send);
    await idle();
    const theirs = b.open(99, { owner, endpoints: [0, 1], rank: 1, tally: null });
    const receives = [new TestReceive(theirs, 0, 0), new TestReceive(theirs, 0, 0)];
    for (const receive of receives) b.receive(receive);
    await idle();
    expect(receives.map((receive) => receive.bytes.length)).toEqual([3, 300]);
    expect(ca.unexpected.size).toBe(0);
  });

  it('tells the owner of a context that is opened later that it is unusable, once it is complete', async () => {
    const { a, b, idle } = pair();
    const heard: unknown[] = [];
    let complete = false;
    const revoked = (source: number, _number: number, why: Uint8Array) => heard.push([source, why.length, complete]);
    const owner = { name: 'later', inspect() {}, revoked, peerFailed() {} };
    const mine = a.open(99, { owner, endpoints: [0, 1], rank: 0, tally: null });
    a.revoke(mine, 0, bytes(5));
    await idle();
    b.open(99, { owner, endpoints: [0, 1], rank: 1, tally: null });
    complete = true;
    await idle();
    expect(heard).toEqual([[0, 5, true]]);
  });

  it('forgets messages for a context that is opened later when their sender takes them back', async () => {
    const { a, b, idle } = pair({ eagerLimit: 64 });
    const owner = { name: 'later', inspect() {}, revoked() {}, peerFailed() {} };
    const mine = a.open(99, { owner, endpoints: [0, 1], rank: 0, tally: null });
    const [small, large, kept] = [
      new TestSend(mine, bytes(3), 1, 0, true),
      new TestSend(mine, bytes(300), 1, 0),
      new TestSend(mine, bytes(301), 1, 0),
    ];
    for (const send of [small, large, kept]) a.send(send);
    await idle();
    for (const send of [small, large]) a.requestCancel(send);
    await idle();
    expect([small, large, kept].map(({ state }) => state)).toEqual([
      OpState.CANCELLED,
      OpState.CANCELLED,
      OpState.PENDING,
    ]);
    const receive = new TestReceive(b.open(99, { owner, endpoints: [0, 1], rank: 1, tally: null }), 0, 0);
    b.receive(receive);
    await idle();
    expect(receive.bytes).toHaveLength(301);
  });

  it('keeps the questions about calls in a context that is opened later', async () => {
    const { a, b, idle } = pair();
    const heard: unknown[] = [];
    const inspect = ({ kind, source, tag }: Frame) => heard.push([kind, source, tag]);
    const owner = { name: 'later', inspect, revoked() {}, peerFailed() {} };
    const stamp = Object.assign(new Frame(), { collective: 1 });
    a.inquire(a.open(99, { owner, endpoints: [0, 1], rank: 0, tally: null }), 1, 5, stamp);
    await idle();
    b.open(99, { owner, endpoints: [0, 1], rank: 1, tally: null });
    expect(heard).toEqual([[FrameKind.INQUIRY, 0, 5]]);
  });
});

describe('matching under random interleavings', () => {
  const size = 3;
  const rank = fc.integer({ min: 0, max: size - 1 });
  const action = fc.oneof(
    fc.record({
      kind: fc.constant('send' as const),
      at: rank,
      dest: rank,
      tag: fc.integer({ min: 0, max: 2 }),
      length: fc.constantFrom(0, 1, 16, 17, 300),
      synchronous: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('receive' as const),
      at: rank,
      source: fc.oneof(rank, fc.constant(ANY_SOURCE)),
      tag: fc.oneof(fc.integer({ min: 0, max: 2 }), fc.constant(ANY_TAG)),
    }),
    fc.record({ kind: fc.constant('turn' as const) }),
  );

  it('never overtakes, loses nothing, doubles nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 80, size: 'max' }),
        fc.integer({ min: 1, max: 1e6 }),
        async (actions, seed) => {
          const { engines, contexts, idle, holds } = cluster(size, { seed, eagerLimit: 16, fragmentBytes: 64 });
          const sent: { op: TestSend; at: number; dest: number; tag: number; number: number }[] = [];
          const posted: { op: TestReceive; at: number }[] = [];
          const send = (at: number, dest: number, tag: number, length: number, synchronous: boolean) => {
            const payload = new Uint8Array(length + 4);
            new DataView(payload.buffer).setUint32(0, sent.length);
            const op = new TestSend(contexts[at] as Context, payload, dest, tag, synchronous);
            sent.push({ op, at, dest, tag, number: sent.length });
            (engines[at] as Engine).send(op);
          };
          const receive = (at: number, source: number, tag: number) => {
            const op = new TestReceive(contexts[at] as Context, source, tag);
            posted.push({ op, at });
            (engines[at] as Engine).receive(op);
          };
          for (const step of actions) {
            if (step.kind === 'send') send(step.at, step.dest, step.tag, step.length, step.synchronous);
            else if (step.kind === 'receive') receive(step.at, step.source, step.tag);
            else await new Promise((resolve) => setImmediate(resolve));
          }
          await idle();
          // What is left over on either side is matched by wildcards, so that in the end everything is received.
          for (let at = 0; at < size; at++) {
            const left = posted.filter(({ op, at: owner }) => owner === at && op.pending);
            for (const { op } of left) send(at, at, Math.max(op.tag, 0), 1, false);
            for (const { op } of left)
              if (op.source !== ANY_SOURCE && op.source !== at) send(op.source, at, Math.max(op.tag, 0), 1, false);
            await idle();
            const unmatched = sent.filter(({ dest }) => dest === at).length;
            for (let i = 0; i < unmatched; i++) receive(at, ANY_SOURCE, ANY_TAG);
            await idle();
          }
          await idle();

          const done = posted.filter(({ op }) => op.state === OpState.DONE);
          const taken = done.map(({ op }) => new DataView(op.bytes.buffer, op.bytes.byteOffset).getUint32(0));
          expect([...taken].sort((x, y) => x - y)).toEqual(sent.map(({ number }) => number));
          expect(sent.every(({ op }) => op.state === OpState.DONE)).toBe(true);
          for (const [i, { op, at }] of done.entries()) {
            const message = sent[taken[i] as number];
            expect(message).toMatchObject({ dest: at });
            expect(matches(op.source, op.tag, message?.at as number, message?.tag as number)).toBe(true);
            expect(op.bytes.length).toBe(message?.op.packet.bytes);
            // A receive posted later took an earlier message of the same sender that this one would have taken: overtaken.
            for (const [j, later] of done.entries()) {
              if (j <= i || later.at !== at) continue;
              const other = sent[taken[j] as number];
              const overtook =
                other?.at === message?.at &&
                (other?.number as number) < (message?.number as number) &&
                matches(op.source, op.tag, other?.at as number, other?.tag as number);
              expect(overtook).toBe(false);
            }
          }
          for (const { op, at } of posted) {
            if (!op.pending) continue;
            (engines[at] as Engine).withdraw(op);
            op.cancelled();
          }
          expect(holds).toEqual([0, 0, 0]);
        },
      ),
      { seed: 3, numRuns: 150 },
    );
  });
});
