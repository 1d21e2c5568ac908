import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Agent } from '../../../launcher/agents/agent.ts';
import { Supervisor } from '../../../launcher/supervise/supervisor.ts';
import type { FromRank } from '../../../src/contract/control.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Ranks 0 and 1 on one host, 2 and 3 on another one. */
function started() {
  const ended = new Set<number>();
  const agent: Agent = {
    onEvent: () => {},
    send(command) {
      if (command.type !== 'signal') return;
      for (const rank of command.ranks) ended.add(rank);
    },
    close: async () => {},
  };
  const supervisor = new Supervisor(agent, [0, 0, 1, 1]);
  const say = (rank: number, message: FromRank): void => supervisor.hear({ type: 'control', rank, message });
  for (const rank of supervisor.ranks) {
    supervisor.hear({ type: 'spawned', rank, pid: 1 });
    say(rank, { type: 'hello', protocol: 1, version: '', pid: 1, local: 'x', remote: 'y' });
  }
  return { supervisor, ended, say };
}

/** It cannot go on without that rank. */
function needs(peer: number): FromRank {
  const plain = { message: '', stack: '', cause: undefined, errors: undefined, thrown: false };
  const error = { ...plain, name: 'MpiError', code: 'ERR_PROC_FAILED', peer };
  return { type: 'error', error, origin: 'uncaughtException' };
}

const lost = (peer: number): FromRank => ({ type: 'lost', peer, detail: 'it has closed the connection' });

test('a failure for a rank that left its script waits 0.3 s for more, whichever host that rank is on', () => {
  const { ended, say } = started();
  say(0, needs(2));
  vi.advanceTimersByTime(299);
  expect(ended).toEqual(new Set());
  vi.advanceTimersByTime(1);
  expect(ended).toEqual(new Set([1, 2, 3]));
});

test('where a link between hosts broke, it waits until a host that is lost would have been noticed', async () => {
  const { supervisor, say } = started();
  // The first to complain had no link to the lost host.
  say(1, needs(0));
  say(0, lost(2));
  say(0, needs(2));
  vi.advanceTimersByTime(7000);
  supervisor.hear({ type: 'gone', host: 'b', ranks: [2, 3], reason: 'no sign of life for 6 s' });
  for (const rank of [0, 1]) supervisor.hear({ type: 'exited', rank, code: 1, signal: null, outOfMemory: false });
  expect(await supervisor.outcome).toMatchObject({
    ending: { type: 'verdict', verdict: { rank: 2, cause: { type: 'host', host: 'b' } } },
    stopped: 2,
  });
});

test('where a host was not lost after all, the first failure is to blame after 8 s', () => {
  const { ended, say } = started();
  say(0, lost(2));
  say(0, needs(2));
  vi.advanceTimersByTime(7999);
  expect(ended).toEqual(new Set());
  vi.advanceTimersByTime(1);
  expect(ended).toEqual(new Set([1, 2, 3]));
});

test('where a link within a host broke, no host is waited for', () => {
  const { ended, say } = started();
  say(2, lost(3));
  say(2, needs(3));
  vi.advanceTimersByTime(300);
  expect(ended).toEqual(new Set([0, 1, 3]));
});
