/** The life of a context: messages that are there before it, its end, and what still comes for it after that. */
import { describe, expect, it } from 'vitest';
import { MpiError } from '../../src/errors.ts';
import { type ContextOwner, Tally } from '../../src/matching/context.ts';
import type { Engine } from '../../src/matching/engine.ts';
import { ANY_SOURCE, ANY_TAG } from '../../src/matching/envelope.ts';
import { OpState } from '../../src/matching/operation.ts';
import { creditFor } from '../../src/matching/peers.ts';
import { Frame } from '../../src/wire/frame.ts';
import { cluster, TestReceive, TestSend } from './helpers.ts';

const ID = 64;
const LARGE = 1000;
const over = new MpiError('ERR_COMM', 'over');
const bytes = (length: number, fill = 1) => new Uint8Array(length).fill(fill);

interface Heard extends ContextOwner {
  readonly heard: string[];
}

function owner(): Heard {
  const heard: string[] = [];
  return {
    name: 'test',
    heard,
    inspect: ({ tag }) => void heard.push(`frame ${tag}`),
    revoked: (source, _number, payload) => void heard.push(`revoked by ${source}: ${Buffer.from(payload)}`),
    peerFailed: () => void heard.push('peer failed'),
  };
}

/** Two engines; the first one has a context that the second one opens when the test says so. */
function pair(options = {}) {
  const all = cluster(2, { eagerLimit: 64, fragmentBytes: 100, ...options });
  const [a, b] = all.engines as [Engine, Engine];
  const open = (engine: Engine, rank: number, id = ID) => {
    const [told, tally] = [owner(), new Tally(2)];
    return { context: engine.open(id, { owner: told, endpoints: [0, 1], rank, tally }), tally, heard: told.heard };
  };
  const { context: ca, tally } = open(a, 0);
  return { ...all, a, b, ca, sent: tally.sent, open, openB: (id = ID) => open(b, 1, id) };
}

/** The numbers of `engine` but for the context that every cluster has. */
function left(engine: Engine) {
  const { contexts, ...rest } = engine.census();
  return { contexts: contexts - 1, ...rest };
}
const NOTHING = { contexts: 0, early: 0, posted: 0, probes: 0, unexpected: 0, transfers: 0 };

describe('messages that are there before their context', () => {
  it('wait for it, in their order, and count among those that have come', async () => {
    const { a, b, ca, sent, openB, idle } = pair({ seed: 3 });
    const sends = [0, 8, LARGE, 16, LARGE].map((length, index) => new TestSend(ca, bytes(length, index), 1, index));
    for (const send of sends) a.send(send);
    await idle();
    expect(b.census()).toMatchObject({ early: 1, unexpected: 0 });
    const { context, tally, heard } = openB();
    expect([...sent]).toEqual([0, 5]);
    expect(heard).toEqual([0, 1, 2, 3, 4].map((tag) => `frame ${tag}`));
    let complete = false;
    tally.await(5, () => (complete = true));
    expect(complete).toBe(true);
    for (const [index, send] of sends.entries()) {
      const receive = new TestReceive(context, ANY_SOURCE, ANY_TAG);
      b.receive(receive);
      await idle();
      expect(receive.bytes).toEqual(bytes(send.packet.bytes, index));
      expect(send.state).toBe(OpState.DONE);
    }
    expect(left(b)).toEqual({ ...NOTHING, contexts: 1 });
  });

  it('that are taken back before are as good as never sent, but have come', async () => {
    const { a, b, ca, openB, idle } = pair();
    const send = new TestSend(ca, bytes(8), 1, 5, true);
    a.send(send);
    await idle();
    a.requestCancel(send);
    await idle();
    expect(send.state).toBe(OpState.CANCELLED);
    const { context, tally } = openB();
    expect(b.peek(context, ANY_SOURCE, ANY_TAG)).toBeNull();
    let complete = false;
    tally.await(1, () => (complete = true));
    expect(complete).toBe(true);
  });

  it('of which the sender is not whom they say end the link', async () => {
    const { a, b, ca, open, openB, idle } = pair();
    const lost: string[] = [];
    b.onLost = (peer, { message }) => void lost.push(`${peer}: ${message}`);
    // Endpoint 0 as if it were rank 1.
    a.close(ca, () => over, false);
    const { context } = open(a, 1);
    a.send(new TestSend(context, bytes(8), 1, 0));
    await idle();
    openB();
    expect(lost).toEqual([expect.stringMatching(/^0: .*said to come from rank 1 of test/)]);
  });

  it('come after a REVOKE has been told, once the context stands', async () => {
    const { a, b, ca, openB, idle } = pair();
    a.revoke(ca, 0, Buffer.from('no more'));
    await idle();
    expect(b.census().early).toBe(1);
    const { heard } = openB();
    expect(heard).toEqual([]);
    await Promise.resolve();
    expect(heard).toEqual(['revoked by 0: no more']);
    expect(b.census().early).toBe(0);
  });
});

describe('a context that is retired', () => {
  it('takes nothing new, and what was begun before comes to its end', async () => {
    const { a, b, ca, openB, idle } = pair();
    const { context } = openB();
    const receives = [0, 1].map((tag) => new TestReceive(context, 0, tag));
    for (const receive of receives) b.receive(receive);
    b.retire(context, over);
    for (const [tag, length] of [8, LARGE].entries()) a.send(new TestSend(ca, bytes(length), 1, tag));
    await idle();
    expect(receives.map(({ bytes }) => bytes.length)).toEqual([8, LARGE]);
    const late = new TestReceive(context, 0, 2);
    b.receive(late);
    const send = new TestSend(context, bytes(8), 0, 2);
    b.send(send);
    expect([late.error, send.error]).toEqual([over, over]);
  });
});

describe('a context that is closed', () => {
  it('ends what waits in it, and refuses what nobody has received: who waits for an answer fails', async () => {
    const { a, b, ca, openB, idle, holds } = pair();
    const { context } = openB();
    const waiting = new TestReceive(context, 0, 9);
    b.receive(waiting);
    const small = new TestSend(ca, bytes(8), 1, 1);
    const synchronous = new TestSend(ca, bytes(8), 1, 2, true);
    const large = new TestSend(ca, bytes(LARGE), 1, 3);
    for (const send of [small, synchronous, large]) a.send(send);
    await idle();
    b.close(context, () => over, false);
    expect(waiting.error).toBe(over);
    await idle();
    expect(small.state).toBe(OpState.DONE);
    for (const send of [synchronous, large]) expect(send.error).toMatchObject({ code: 'ERR_COMM', peer: 1 });
    expect(synchronous.error?.message).toBe(
      'send(1, 2): rank 1 has freed communicator test without receiving this message',
    );
    expect(left(b)).toEqual(NOTHING);
    expect(left(a)).toEqual({ ...NOTHING, contexts: 1 });
    expect(holds).toEqual([0, 0]);
  });

  it('lets a payload come in that a receive had taken', async () => {
    const { a, b, ca, openB, idle } = pair();
    const { context } = openB();
    const receive = new TestReceive(context, 0, 0);
    const send = new TestSend(ca, bytes(LARGE, 7), 1, 0);
    a.send(send);
    await idle();
    b.receive(receive);
    expect(receive.pending).toBe(true);
    b.close(context, () => over, false);
    await idle();
    expect(receive.bytes).toEqual(bytes(LARGE, 7));
    expect(send.state).toBe(OpState.DONE);
    expect(left(b)).toEqual(NOTHING);
  });

  it.each([false, true])('gives back the credit of what it refuses (also of what comes late: %s)', async (late) => {
    const { a, b, ca, openB, idle } = pair();
    const { context } = openB();
    if (late) b.close(context, () => over, true);
    // As much again as may be under way at the same time.
    let eager = 0;
    for (let i = 0; eager < creditFor(2); i++) {
      const send = new TestSend(ca, bytes(64), 1, i);
      a.send(send);
      eager += 64;
    }
    await idle();
    if (!late) b.close(context, () => over, false);
    await idle();
    const next = new TestSend(
      a.open(ID + 1, { owner: owner(), endpoints: [0, 1], rank: 0, tally: null }),
      bytes(64),
      1,
      0,
    );
    a.send(next);
    // Sent at once, without asking.
    expect(next.state).toBe(OpState.DONE);
  });
});

describe('a context that is closed while messages may still come', () => {
  it('refuses them, and keeps nothing', async () => {
    const { a, b, ca, openB, idle, holds } = pair();
    const { context } = openB();
    b.close(context, () => over, true);
    const sends = [
      new TestSend(ca, bytes(8), 1, 1),
      new TestSend(ca, bytes(8), 1, 2, true),
      new TestSend(ca, bytes(LARGE), 1, 3),
    ];
    for (const send of sends) a.send(send);
    a.inquire(ca, 1, 0, new Frame());
    a.revoke(ca, 0, Buffer.from('no more'));
    await idle();
    expect(sends.map(({ state }) => state)).toEqual([OpState.DONE, OpState.FAILED, OpState.FAILED]);
    for (const send of sends.slice(1)) expect(send.error).toMatchObject({ code: 'ERR_COMM', peer: 1 });
    expect(left(b)).toEqual(NOTHING);
    expect(holds).toEqual([0, 0]);
    expect(() => openB()).toThrow(/context opened twice/);
  });

  it('does not forget a later one for the REVOKEs that come for it', async () => {
    const { a, b, ca, open, openB, idle } = pair();
    const { context } = openB();
    b.close(context, () => over, true);
    for (let i = 0; i < 2000; i++) a.revoke(ca, 0, Buffer.from('no more'));
    const next = open(a, 0, ID + 1);
    a.revoke(next.context, 0, Buffer.from('nor here'));
    await idle();
    const { heard } = openB(ID + 1);
    await Promise.resolve();
    expect(heard).toEqual(['revoked by 0: nor here']);
  });
});

describe('a tally', () => {
  it('tells once that so many have come, now or later, and never before', () => {
    const tally = new Tally(1);
    const told: number[] = [];
    tally.await(0, () => told.push(0));
    expect(told).toEqual([0]);
    tally.await(3, () => told.push(3));
    for (const _ of [1, 2]) tally.count();
    expect(told).toEqual([0]);
    tally.count();
    tally.count();
    expect(told).toEqual([0, 3]);
  });
});
