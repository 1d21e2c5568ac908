import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { serializeError } from '../../../launcher/rank/serialize-error.ts';

test('an error keeps its name, message, stack, code, peer and causes', () => {
  const inner = Object.assign(new RangeError('in'), { code: 'E1', peer: 3 });
  expect(serializeError(new AggregateError([1], 'out', { cause: inner }))).toMatchObject({
    name: 'AggregateError',
    message: 'out',
    stack: expect.stringContaining('serialize-error.test.ts'),
    cause: { name: 'RangeError', message: 'in', code: 'E1', peer: 3, thrown: false },
    errors: [{ name: 'number', message: '1', thrown: true }],
  });
});

test.each([
  ['text', 'string', 'text'],
  [undefined, 'undefined', 'undefined'],
  [null, 'null', 'null'],
  [{ a: 1 }, 'object', '{ a: 1 }'],
  [Symbol('s'), 'symbol', 'Symbol(s)'],
])('%s is no error, and is shown as it is', (value, name, message) => {
  expect(serializeError(value)).toMatchObject({ name, message, thrown: true });
});

test('errors of other realms are errors', () => {
  expect(serializeError(runInNewContext("new TypeError('far')"))).toMatchObject({ name: 'TypeError', thrown: false });
});

test('errors that refuse to be read, or contain themselves, are no trap', () => {
  const evil = new Error('x');
  Object.defineProperty(evil, 'message', {
    get() {
      throw new Error('no');
    },
  });
  expect(serializeError(evil).message).toBe('');
  const self: Error & { cause?: unknown } = new Error('self');
  self.cause = self;
  expect(JSON.stringify(serializeError(self)).length).toBeLessThan(50_000);
});
