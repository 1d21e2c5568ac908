/** What must not grow without bound, and what must not have a limit. */
import { freemem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { program, tsrun } from '../helpers/tsrun.ts';

const GIB = 2 ** 30;

describe('payloads', () => {
  it.for([
    ['2 GiB + 1', 2 * GIB + 1, ''],
    ['5 GiB', 5 * GIB, ''],
    ['5 GiB into fresh memory', 5 * GIB, 'fresh'],
  ] as const)('of %s arrive', { timeout: 240_000 }, async ([_name, bytes, way], { skip }) => {
    const needed = 2.4 * bytes + (way === 'fresh' ? bytes : 0);
    const short = `needs ${Math.ceil(needed / GIB)} GiB of free memory, here are ${Math.floor(freemem() / GIB)}`;
    skip(freemem() < needed, short);
    const job = await tsrun(['-n', '2', program('large.ts'), String(bytes), way], { deadline: 220_000 });
    expect(job).toMatchObject({ code: 0, stdout: `received ${bytes}\n` });
  });
});

describe('a flood', () => {
  it('of 100,000 messages from each of 15 ranks leaves the receiver under 300 MB', { timeout: 240_000 }, async () => {
    // Node.js 24 lets what is young in its heap grow to four times as much as 20 and 22 do before it looks at what is garbage.
    const env = { NODE_OPTIONS: '--max-semi-space-size=16' };
    const job = await tsrun(['-n', '16', program('flood.ts')], { env, deadline: 220_000 });
    expect(job).toMatchObject({ code: 0, stderr: '' });
    const [, messages, megabytes] = /messages (\d+) maxrss (\d+) MiB/.exec(job.stdout) ?? [];
    expect(Number(messages)).toBe(1_500_000);
    expect(Number(megabytes)).toBeLessThan(286);
  });
});
