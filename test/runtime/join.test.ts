/** How ranks meet, as far as it depends on who hears what first. The launcher is played here. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../src/comm/member.ts';
import { CONTROL_PROTOCOL, type FromRank, type ToRank } from '../../src/contract/control.ts';
import type { ControlChannel } from '../../src/runtime/control.ts';
import { JobRank } from '../../src/runtime/job.ts';

type Start = Extract<ToRank, { type: 'start' }>;

const before = process.listeners('beforeExit');
afterEach(() => {
  for (const added of process.listeners('beforeExit')) if (!before.includes(added)) process.off('beforeExit', added);
});

/** A rank's channel to its agent, with us at the other end. */
class Control {
  onEnd = () => {};
  readonly #sent: FromRank[] = [];
  readonly #given: ToRank[] = [];
  #wake = () => {};

  /** To the rank. */
  give(message: ToRank): void {
    this.#given.push(message);
    this.#wake();
  }

  /** What the rank has said, once it has. */
  async heard<T extends FromRank['type']>(type: T): Promise<Extract<FromRank, { type: T }>> {
    for (;;) {
      const found = this.#sent.find((message) => message.type === type);
      if (found !== undefined) return found as Extract<FromRank, { type: T }>;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async next(): Promise<ToRank> {
    while (this.#given.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#given.shift()!;
  }

  send(message: FromRank): void {
    this.#sent.push(message);
    this.#wake();
  }

  listen(): void {}
}

const folder = mkdtempSync(join(tmpdir(), 'tsmpi-test-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it.each<[string, readonly number[], (rank: number) => Partial<Start>]>([
  ['of one host', [0, 0], (rank) => ({ local: { kind: 'unix', path: join(folder, `${rank}`), memory: 'none' } })],
  ['of two hosts', [0, 1], () => ({ remote: { host: '127.0.0.1', tls: false } })],
])('a rank %s may be sent to before it has heard where the others are', async (_name, hostOf, listen) => {
  const common = {
    protocol: CONTROL_PROTOCOL,
    version: '0',
    job: '0123456789abcdef',
    secret: 'ab'.repeat(32),
    epoch: 0,
  };
  const local = hostOf[0] === hostOf[1];
  const controls = [new Control(), new Control()] as const;
  const joining = controls.map((control, rank) => {
    const place = { rank, size: 2, localRank: local ? rank : 0, localSize: local ? 2 : 1, hosts: ['a', 'b'], hostOf };
    control.give({ type: 'start', ...common, ...place, ...listen(rank) });
    return JobRank.join(control as unknown as ControlChannel, DEFAULT_SETTINGS, () => 'not here');
  });
  const hellos = await Promise.all(controls.map((control) => control.heard('hello')));
  const peers: ToRank = {
    type: 'peers',
    local: hellos.map((hello) => hello.local),
    remote: hellos.map((hello) => hello.remote),
  };
  controls[1].give(peers);
  const second = await joining[1]!;
  await second.world.send('early', 0);
  // The system has it, and the event loop of the receiver, which is ours, comes by.
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  controls[0].give(peers);
  const first = await joining[0]!;
  expect(await first.world.recv(1)).toBe('early');
  await Promise.all([first.finalize(), second.finalize()]);
});
