import { describe, expect, it } from 'vitest';
import { encode } from '../../src/wire/value.ts';
import { detachedArray, thrown } from './ways.ts';

function refusal(value: unknown): string {
  const error = thrown(() => encode(value, 'send'));
  expect(error).toMatchObject({ name: 'MpiError', code: 'ERR_TYPE', op: 'send' });
  return error.message;
}

describe('what is no data', () => {
  it.each([
    [() => 1, "a function, which can't be sent; send data only"],
    [class {}, "a function, which can't be sent; send data only"],
    [Symbol('s'), "a symbol, which can't be sent; send data only"],
    [new WeakMap(), "a WeakMap, which can't be sent; send data only"],
    [new WeakSet(), "a WeakSet, which can't be sent; send data only"],
    [new WeakRef({}), "a WeakRef, which can't be sent; send what it refers to"],
    [Promise.resolve(1), "a promise, which can't be sent; await it first"],
    [/x/, "a regular expression, which can't be sent; send its source and flags"],
    [(function* () {})(), "a generator, which can't be sent; send an array of its values"],
    [Object(1), "a primitive in an object, which can't be sent; send the primitive itself"],
  ])('is refused wherever it stands: case %#', (value, sentence) => {
    expect(refusal(value)).toBe(`send: value is ${sentence}`);
    expect(refusal([0, value])).toBe(`send: value[1] is ${sentence}`);
    expect(refusal({ a: { b: value } })).toBe(`send: value.a.b is ${sentence}`);
  });

  it('is named by the way to it', () => {
    const bad = Symbol.iterator;
    const path = (value: unknown): string =>
      refusal(value).slice('send: '.length, -" is a symbol, which can't be sent; send data only".length);
    expect(path({ rows: [1, 2, { callback: bad }] })).toBe('value.rows[2].callback');
    expect(path({ 'not a name': { '': bad } })).toBe('value["not a name"][""]');
    expect(path(new Map([['key', [bad]]]))).toBe('value.get("key")[0]');
    expect(path(new Map([[7, bad]]))).toBe('value.get(7)');
    expect(path(new Map([[{}, bad]]))).toBe('value (value of entry 0)');
    expect(path(new Map([[bad, 1]]))).toBe('value (key of entry 0)');
    expect(path({ s: new Set([1, bad]) })).toBe('value.s (element 1)');
    expect(path(new Error('e', { cause: { bad } }))).toBe('value.cause.bad');
    expect(path(Object.assign(new Array(3), { 2: [bad] }))).toBe('value[2][0]');
    const cycle: { next?: unknown; ä?: unknown } = {};
    cycle.next = cycle;
    cycle.ä = bad;
    expect(path(cycle)).toBe('value.ä');
  });

  it('gets the name that the caller gives the value', () => {
    expect(thrown(() => encode({ f: Date.now }, 'scatter', 'values[3]')).message).toMatch(
      /^scatter: values\[3\].f is a function/,
    );
  });

  it('is detached memory inside an object too', () => {
    const error = thrown(() => encode({ parts: [detachedArray(new Int8Array(4))] }, 'send'));
    expect(error.code).toBe('ERR_BUFFER');
    expect(error.message).toMatch(/^send: the memory of value.parts\[0\] is detached/);
  });

  it('lets the errors of getters pass', () => {
    const failing = {
      get broken() {
        throw new RangeError('mine');
      },
    };
    expect(thrown(() => encode(failing, 'send')).message).toBe('mine');
  });
});
