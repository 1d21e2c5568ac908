import { describe, expect, it } from 'vitest';
import { program, tsrun } from '../helpers/tsrun.ts';

describe('a job that waits', () => {
  it('uses next to no processor, in a receive and in a collective', async () => {
    const job = await tsrun(['-n', '3', program('idle.ts')]);
    expect(job).toMatchObject({ code: 0, stderr: '' });
    const used = job.stdout.trim().split(/\s+/).map(Number);
    expect(used).toHaveLength(4);
    // Of 2000 ms each; what is left is the garbage collector and the compiler, still busy with the start.
    for (const milliseconds of used) expect(milliseconds).toBeLessThan(200);
  });
});
