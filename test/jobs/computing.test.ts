import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { program, tsrun } from '../helpers/tsrun.ts';

describe.each(['unix', 'tcp', 'auto'])('a rank that computes after it has sent, over %s', (transport) => {
  it.each([2, 3, 4])('holds none of it back, of %i ranks', async (ranks) => {
    const folder = await mkdtemp(join(tmpdir(), 'tsmpi-test-'));
    const job = await tsrun([
      '-n',
      `${ranks}`,
      '--transport',
      transport,
      program('computing.ts'),
      join(folder, 'flag'),
    ]);
    expect(job).toMatchObject({ code: 0, stderr: '' });
    await rm(folder, { recursive: true });
  });
});
