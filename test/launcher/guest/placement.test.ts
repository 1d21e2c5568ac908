import { expect, it } from 'vitest';
import { placeTasks } from '../../../launcher/guest/placement.ts';

it('tasks on one machine share a host, in the order of their ranks', () => {
  const tasks = ['a', 'b', 'a', 'c', 'b'].map((machine) => ({ machine, host: machine.toUpperCase() }));
  expect(placeTasks(tasks)).toEqual({
    hosts: [
      { name: 'A', slots: undefined, local: true, ranks: [0, 2] },
      { name: 'B', slots: undefined, local: false, ranks: [1, 4] },
      { name: 'C', slots: undefined, local: false, ranks: [3] },
    ],
    ranks: [
      { host: 0, localRank: 0, program: 0 },
      { host: 1, localRank: 0, program: 0 },
      { host: 0, localRank: 1, program: 0 },
      { host: 2, localRank: 0, program: 0 },
      { host: 1, localRank: 1, program: 0 },
    ],
  });
});

it('two machines of one name are two hosts', () => {
  const { hosts } = placeTasks(['1', '2'].map((boot) => ({ machine: `node ${boot}`, host: 'node' })));
  expect(hosts.map(({ name, ranks }) => [name, ranks])).toEqual([
    ['node', [0]],
    ['node', [1]],
  ]);
});
