import { describe, expect, it } from 'vitest';
import type { Native } from '../../src/native/native.ts';
import { Progress } from '../../src/runtime/progress.ts';
import { Router } from '../../src/transport/router.ts';
import type { Transport } from '../../src/transport/transport.ts';

/** Long enough for every microtask that is ready, and those that they make ready. */
const drained = () => new Promise((resolve) => setImmediate(resolve));

/** A progress loop whose transport, clock and event loop are ours. */
function setup({ crowded = false, native = true, cost = 0.0005 } = {}) {
  const log: string[] = [];
  const turns: (() => void)[] = [];
  const state = {
    log,
    /** Milliseconds; a poll takes `cost`. */
    now: 0,
    held: 0,
    poll: (): boolean => false,
    arm: (): boolean => true,
    count: (what: string) => log.filter((one) => one === what).length,
    /** One turn of the event loop; whether anybody had ordered one. */
    turn: async (): Promise<boolean> => {
      const due = turns.splice(0);
      log.push('turn');
      for (const callback of due) callback();
      await drained();
      return due.length > 0;
    },
  };
  const transport: Transport = Object.assign(Router.alone(), {
    poll: () => {
      log.push('poll');
      state.now += cost;
      return state.poll();
    },
    arm: () => {
      log.push('arm');
      return state.arm();
    },
  });
  const calls = { yieldCpu: () => void log.push('yield') } as Partial<Native> as Native;
  const progress = new Progress({
    transport,
    anchor: { hold: () => void state.held++, release: () => void state.held-- },
    crowded,
    native: () => (native ? calls : 'none'),
    loop: { now: () => state.now, soon: (callback) => void turns.push(callback) },
  });
  return Object.assign(state, { progress });
}

describe('progress', () => {
  it('polls in between whatever else is ready, never inside the call that begins to wait', async () => {
    const { progress, log, ...state } = setup();
    progress.hold();
    expect(log).toEqual([]);
    let others = 0;
    const other = (): void => {
      log.push('other');
      if (++others < 5) void Promise.resolve().then(other);
    };
    void Promise.resolve().then(other);
    await drained();
    expect(log.slice(0, 10)).toEqual([
      'poll',
      'other',
      'poll',
      'other',
      'poll',
      'other',
      'poll',
      'other',
      'poll',
      'other',
    ]);
    expect(state.count('arm')).toBe(0);
  });

  it('stops with the wait, and lets the transport rest when the event loop has turned', async () => {
    const fake = setup();
    fake.progress.hold();
    fake.poll = () => {
      fake.progress.release();
      return true;
    };
    await drained();
    expect(fake.log).toEqual(['poll']);
    expect(fake.held).toBe(1);
    expect(await fake.turn()).toBe(true);
    expect(fake.log).toEqual(['poll', 'turn', 'arm']);
    expect(fake.held).toBe(0);
    expect(await fake.turn()).toBe(false);
  });

  it('gives the event loop a turn after some polls in vain, and sleeps after a tenth of a millisecond of them', async () => {
    const fake = setup();
    fake.progress.hold();
    await drained();
    const first = fake.count('poll');
    expect(first).toBeGreaterThan(4);
    expect(first).toBeLessThan(100);
    for (let turns = 0; fake.count('arm') === 0; turns++) {
      expect(turns).toBeLessThan(100);
      await fake.turn();
    }
    expect(fake.now).toBeGreaterThan(0.1);
    expect(fake.now).toBeLessThan(0.2);
    expect(await fake.turn()).toBe(false);
    expect(fake.log.slice(-2)).toEqual(['arm', 'turn']);
    expect(fake.held).toBe(1);
    fake.progress.release();
    expect(fake.held).toBe(0);
  });

  it('never starves the event loop, however many waits follow each other', async () => {
    const cost = 0.002;
    const fake = setup({ cost });
    const waits = 2_000;
    let done = 0;
    // As a program that awaits one message after the other: it goes on in a microtask.
    const program = (): void => {
      if (done++ < waits) fake.progress.hold();
    };
    fake.poll = () => {
      fake.progress.release();
      void Promise.resolve().then(program);
      return true;
    };
    const own = (async () => {
      while (done <= waits) await fake.turn();
    })();
    program();
    await own;
    expect(fake.count('poll')).toBe(waits);
    // 50 polls of 2 us are a tenth of a millisecond, and the clock is looked at after every sixteenth.
    let longest = 0;
    let polls = 0;
    for (const one of fake.log) {
      polls = one === 'turn' ? 0 : polls + 1;
      longest = Math.max(longest, polls);
    }
    expect(longest).toBeLessThanOrEqual(70);
    expect(fake.count('arm')).toBeLessThanOrEqual(1);
  });

  it('goes on when something has come just before it would sleep', async () => {
    const fake = setup();
    let late = 3;
    fake.arm = () => late-- <= 0;
    fake.progress.hold();
    for (let turns = 0; late >= 0; turns++) {
      expect(turns).toBeLessThan(100);
      const polls = fake.count('poll');
      const armed = fake.count('arm');
      await fake.turn();
      if (fake.count('arm') > armed && late >= 0) expect(fake.count('poll')).toBeGreaterThan(polls);
    }
    expect(fake.count('arm')).toBe(4);
    expect(await fake.turn()).toBe(false);
  });

  it('notices what comes while nothing waits', async () => {
    const fake = setup();
    fake.progress.hold();
    fake.progress.release();
    let late = 2;
    fake.arm = () => late-- <= 0;
    await drained();
    await fake.turn();
    await fake.turn();
    await fake.turn();
    expect(fake.log).toEqual(['turn', 'arm', 'poll', 'turn', 'arm', 'poll', 'turn', 'arm']);
    expect(await fake.turn()).toBe(false);
    expect(fake.held).toBe(0);
  });

  it('tries less and less where it is in vain, and again at once where it was not', async () => {
    const fake = setup();
    const wait = async (): Promise<boolean> => {
      const polls = fake.count('poll');
      fake.progress.hold();
      await drained();
      while (await fake.turn());
      fake.progress.release();
      return fake.count('poll') > polls;
    };
    const tried: boolean[] = [];
    for (let i = 0; i < 1000; i++) tried.push(await wait());
    expect(tried.slice(0, 4)).toEqual([true, false, true, false]);
    const tries = tried.filter((one) => one).length;
    expect(tries).toBeGreaterThan(10);
    expect(tries).toBeLessThan(30);
    // One that ends while it is awake, and the next one is tried.
    while (!(await wait()));
    fake.progress.hold();
    let skipped = 0;
    for (; !(await fake.turn()); skipped++) {
      fake.progress.release();
      fake.progress.hold();
      await drained();
    }
    expect(skipped).toBeGreaterThan(10);
    fake.progress.release();
    while (await fake.turn());
    expect(await wait()).toBe(true);
    expect(await wait()).toBe(false);
    expect(await wait()).toBe(true);
  });

  it('lets the event loop turn where every poll finds something and begins the next wait', async () => {
    const fake = setup();
    let left = 10_000;
    fake.poll = () => {
      fake.progress.release();
      if (left-- > 0) fake.progress.hold();
      return true;
    };
    fake.progress.hold();
    while (left > 0) {
      const before = fake.count('poll');
      await fake.turn();
      expect(fake.count('poll') - before).toBeLessThan(250);
    }
  });

  it('polls less where it is turns that bring what comes', async () => {
    const fake = setup();
    const polls: number[] = [];
    for (let i = 0; i < 8; i++) {
      const before = fake.count('poll');
      fake.progress.hold();
      await drained();
      polls.push(fake.count('poll') - before);
      fake.progress.release();
      await fake.turn();
    }
    expect(polls[0]).toBeGreaterThan(8);
    expect(polls.at(-1)).toBe(1);
    fake.poll = () => true;
    fake.progress.hold();
    await drained();
    fake.poll = () => false;
    const before = fake.count('poll');
    await fake.turn();
    expect(fake.count('poll') - before).toBeGreaterThan(8);
  });

  it('with more ranks than cores gives the core away after each poll, and sleeps soon', async () => {
    const fake = setup({ crowded: true });
    fake.progress.hold();
    await drained();
    while (await fake.turn());
    expect(fake.log.slice(0, 4)).toEqual(['poll', 'yield', 'poll', 'yield']);
    expect(fake.count('poll')).toBeLessThan(33);
    expect(fake.count('poll')).toBe(fake.count('yield'));
    expect(fake.count('arm')).toBe(1);
  });

  it('with more ranks than cores and no way to give one away sleeps at once', async () => {
    const fake = setup({ crowded: true, native: false });
    fake.progress.hold();
    await drained();
    expect(await fake.turn()).toBe(false);
    expect(fake.log).toEqual(['turn']);
    expect(fake.held).toBe(1);
    fake.progress.release();
    expect(fake.held).toBe(0);
  });
});
