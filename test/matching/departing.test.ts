/** Eager sends that the transport could not take at once: their end is the system's word, or the loss of the peer. */
import { describe, expect, it } from 'vitest';
import { MpiError } from '../../src/errors.ts';
import { Engine } from '../../src/matching/engine.ts';
import { OpState } from '../../src/matching/operation.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { Frame, FrameKind } from '../../src/wire/frame.ts';
import { TestSend } from './helpers.ts';

const bytes = (length: number, fill = 1) => new Uint8Array(length).fill(fill);

describe('an eager message that the transport has not got rid of', () => {
  /** An engine of two over a transport that keeps everything. */
  function stuck() {
    const transport: Transport = {
      self: 0,
      attach() {},
      send: () => false,
      linked: () => true,
      settled: async () => {},
      quick: false,
      poll: () => false,
      arm: () => true,
      flush() {},
      close: async () => {},
    };
    let holds = 0;
    const liveness = { hold: () => void holds++, release: () => void holds-- };
    const engine = new Engine({ transport, endpoints: 2, liveness });
    const context = engine.open(7, {
      owner: { name: 'test', inspect() {}, revoked() {}, peerFailed() {} },
      endpoints: [0, 1],
      rank: 0,
      tally: null,
    });
    const send = new TestSend(context, bytes(8), 1, 5);
    engine.send(send);
    return { engine, context, send, holds: () => holds };
  }

  it('fails with its peer, which the transport says is lost', () => {
    const { engine, send, holds } = stuck();
    expect([...engine.pending()]).toEqual([send]);
    engine.lost(1, new Error('nobody listens there'));
    expect(send.error).toMatchObject({ code: 'ERR_PROC_FAILED', peer: 1 });
    expect(holds()).toBe(0);
  });

  it('is not given up for a good-bye, but for the loss of the link after that', () => {
    const { engine, context, send, holds } = stuck();
    engine.peerLeft(1);
    engine.break(context, new MpiError('ERR_FINALIZED', 'over'));
    expect(send.pending).toBe(true);
    engine.lost(1, new Error('it has closed the connection'));
    expect(send.error).toMatchObject({ code: 'ERR_PROC_FAILED', peer: 1 });
    expect(holds()).toBe(0);
  });

  it.each([true, false])('completes when the system has it (after a match: %s)', (first) => {
    const { engine, context } = stuck();
    const send = new TestSend(context, bytes(8), 1, 5, true);
    engine.send(send);
    const matched = new Frame();
    matched.kind = FrameKind.MATCHED;
    matched.id = send.id;
    if (first) engine.announce(1, matched);
    else send.sent();
    expect(send.pending).toBe(true);
    if (first) send.sent();
    else engine.announce(1, matched);
    expect(send.state).toBe(OpState.DONE);
    expect([...engine.pending()]).not.toContain(send);
  });
});
