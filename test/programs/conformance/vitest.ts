/** Stands in for vitest in a real job: the same words, for tests that all ranks run together. */
import { format } from 'node:util';
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  chai,
  customMatchers,
  GLOBAL_EXPECT,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from '@vitest/expect';

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);
const matchers = (globalThis as Record<symbol, object>)[ASYMMETRIC_MATCHERS_OBJECT];
export const expect = Object.assign(
  (value: unknown, message?: string) => chai.expect(value, message),
  chai.expect,
  matchers,
  {
    unreachable: (message = 'reached') => chai.assert.fail(message),
  },
);
(chai.expect as unknown as { extend(expect: unknown, matchers: object): void }).extend(expect, customMatchers);
Object.defineProperty(globalThis, GLOBAL_EXPECT, { value: expect, configurable: true });
setState({ assertionCalls: 0 }, expect as never);

export interface Test {
  readonly name: string;
  readonly body: () => unknown;
  /** Milliseconds that each of its programs may take. */
  readonly timeout: number;
}

const TIMEOUT = 20_000;

type Options = { readonly timeout?: number };
type Body = (...values: unknown[]) => unknown;
/** A group or a test: `add(name, body)` or `add(name, options, body)`. */
type Add = (name: string, options: Options | Body, body?: Body) => void;

export const tests: Test[] = [];
const path: string[] = [];

const addTest: Add = (name, ...rest) => {
  const [{ timeout = TIMEOUT }, body] = parts(...rest);
  tests.push({ name: [...path, name].join(' > '), body, timeout });
};

const addGroup: Add = (name, ...rest) => {
  const [, body] = parts(...rest);
  path.push(name);
  body();
  path.pop();
};

function parts(options: Options | Body, body?: Body): [Options, Body] {
  return typeof options === 'function' ? [{}, options] : [options, body as Body];
}

/** `each(table)(name, body)`: once for each row, with its values in the name. */
function each(add: Add) {
  return (table: readonly unknown[]): Add =>
    (name, ...rest) => {
      const [options, body] = parts(...rest);
      const named = name.match(/%[sid]/g)?.length ?? 0;
      for (const row of table) {
        const values: unknown[] = Array.isArray(row) ? row : [row];
        add(format(name, ...values.slice(0, named)), options, () => body(...values));
      }
    };
}

export const it = Object.assign(addTest, { each: each(addTest) });
export const describe = Object.assign(addGroup, { each: each(addGroup) });
