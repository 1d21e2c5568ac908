/** Tests that go wrong, each in another way: whatever runs the tests of the contract in a job has to find that out, and go on. */
import { describe, expect, it } from 'vitest';
import { runs } from '../../helpers/runs.ts';

describe.each(runs)('wrong over %s', (_name, run) => {
  it('expects on rank 1 what is not so, while rank 0 waits for it', async () => {
    await run(2, async (comm) => {
      if (comm.rank === 1) expect('this').toBe('that');
      await comm.recv(1);
    });
  });

  it('expects another result', async () => {
    expect(await run(2, (comm) => comm.rank)).toEqual([0, 2]);
  });

  it('waits for a message that nobody sends', { timeout: 300 }, async () => {
    await run(2, (comm) => (comm.rank === 0 ? comm.recv(1, 5) : undefined));
  });

  it('waits for something else for ever', { timeout: 300 }, async () => {
    await run(2, (comm) => (comm.rank === 0 ? new Promise(() => {}) : undefined));
  });

  it('leaves a rejection to nobody', async () => {
    await run(1, () => void Promise.reject(new Error('left behind')));
  });

  it('runs more programs on one rank than on the others', async () => {
    let rank = -1;
    await run(2, (comm) => {
      rank = comm.rank;
    });
    if (rank === 1) await run(1, () => {});
  });

  it('asks for nine ranks', async () => {
    await run(9, () => {});
  });

  it('is right, after all', async () => {
    expect(await run(2, (comm) => comm.allreduce(comm.rank))).toEqual([1, 1]);
  });
});
