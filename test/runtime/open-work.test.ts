import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { CountedWork, NotedWork } from '../../src/runtime/open-work.ts';

describe('open work', () => {
  it('that is counted is what was not there at the start, and connections', () => {
    let now = ['PIPEWRAP', 'PIPEWRAP', 'TTYWRAP'];
    const work = new CountedWork(now, () => now);
    const any = (...kinds: string[]) => {
      now = kinds;
      return work.any();
    };
    expect(any('PIPEWRAP', 'PIPEWRAP', 'TTYWRAP')).toBe(false);
    expect(any('PIPEWRAP')).toBe(false);
    expect(any('PIPEWRAP', 'TIMEOUT')).toBe(true);
    expect(any('PIPEWRAP', 'PIPEWRAP', 'PIPEWRAP')).toBe(true);
    expect(any('FSREQPROMISE')).toBe(true);
    expect(any()).toBe(false);
    expect(new CountedWork(['TCPSOCKETWRAP'], () => ['TCPSOCKETWRAP']).any()).toBe(true);
    work.stop();
  });

  it('that is noted is a timer, a file that is being read, a turn that is asked for', async () => {
    const work = new NotedWork();
    const timer = setTimeout(() => {}, 60_000);
    expect(work.any()).toBe(true);
    clearTimeout(timer);
    const reading = readFile(import.meta.filename);
    expect(work.any()).toBe(true);
    await reading;
    setImmediate(() => {});
    expect(work.any()).toBe(true);
    work.stop();
  });
});
