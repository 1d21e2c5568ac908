import { expect, test } from 'vitest';
import { formatFrame, parseFrame, userFrames } from '../../launcher/stack.ts';

test.each([
  ['    at partialSum (/home/u/sum.ts:14:21)', 'at partialSum (sum.ts:14:21)'],
  ['    at file:///home/u/a%20b.ts:2:1', 'at a b.ts:2:1'],
  ['    at async load (file:///home/u/x.ts:3:4)', 'at load (x.ts:3:4)'],
  ['    at async file:///home/u/x.ts:3:4', 'at x.ts:3:4'],
  ['    at async <anonymous> (/home/u/x.ts:3:4)', 'at x.ts:3:4'],
  ['    at Object.<anonymous> (/home/u/x.js:3:4)', 'at x.js:3:4'],
  ['    at new Table (/home/u/x.ts:3:4)', 'at new Table (x.ts:3:4)'],
  ['    at Table.rows [as all] (/home/u/x.ts:3:4)', 'at Table.rows [as all] (x.ts:3:4)'],
  ['    at ../home/u/x.js (/home/u/x.js:3:4)', 'at x.js:3:4'],
  ['    at f (/elsewhere/x.ts:3:4)', 'at f (/elsewhere/x.ts:3:4)'],
])('%s', (line, expected) => {
  expect(formatFrame(parseFrame(line)!, '/home/u')).toBe(expected);
});

test.each([
  '    at node:internal/process/task_queues:105:5',
  '    at process.emit (node:events:524:28)',
  '    at Array.map (<anonymous>)',
  '    at async Promise.all (index 0)',
  'TypeError: x is not a function',
  '',
])('is no frame of the user: %s', (line) => {
  expect(parseFrame(line)).toBeUndefined();
});

test('frames of ours are left out', () => {
  const stack = 'Error: x\n    at send (/pkg/dist/src/x.js:1:1)\n    at mine (/pkg/examples/a.ts:2:2)\n';
  const frames = userFrames(stack, { cwd: '/', hidden: ['/pkg/dist/'], compiled: ['/tmp/job'] });
  expect(frames).toEqual([{ name: 'mine', path: '/pkg/examples/a.ts', line: 2, column: 2 }]);
});
