/** Whoever polls a transport, and a system that takes and gives bytes as it likes: both draw what they do. */
import { onTestFinished } from 'vitest';
import { type Native, WOULD_BLOCK } from '../../../src/native/native.ts';
import type { Transport } from '../../../src/transport/transport.ts';

const EPIPE = -32;

/** The calls of `native`, with as little room and as few bytes as `random` says; at times what is sent fails. */
export function choppy(native: Native, random: () => number): Native {
  const some = (memory: Uint8Array) => memory.subarray(0, 1 + Math.floor(random() ** 4 * memory.byteLength));
  return {
    ...native,
    recv: (fd, memory) => (random() < 0.2 ? WOULD_BLOCK : native.recv(fd, some(memory))),
    send(fd, memory, more) {
      const draw = random();
      if (draw < 0.2) return WOULD_BLOCK;
      if (draw < 0.25) return EPIPE;
      return native.send(fd, draw < 0.6 ? memory : some(memory), more);
    },
  };
}

/** Polls, arms and lets the event loop turn in a drawn order, until the test is over. */
export function pollAtRandom(transports: readonly Transport[], random: () => number): void {
  let over = false;
  onTestFinished(() => {
    over = true;
  });
  const step = (): void => {
    if (over) return;
    for (const transport of transports) {
      const draw = random();
      if (draw < 0.5) for (let polls = draw * 20; polls > 0; polls--) transport.poll();
      else if (draw < 0.6) transport.arm();
    }
    if (random() < 0.7) queueMicrotask(step);
    else setImmediate(step);
  };
  step();
}
