import { describe, expect, it } from 'vitest';
import { loadNative } from '../../src/native/native.ts';
import { nativeFrom } from '../../src/runtime/native.ts';

describe('TSMPI_NATIVE', () => {
  it('off: there are no calls, and it is said why', () => {
    const native = nativeFrom('off');
    expect(native()).toBe('TSMPI_NATIVE=off');
  });

  it.each([undefined, '', 'auto'])('%j: the calls are loaded when they are asked for, once', (setting) => {
    const native = nativeFrom(setting);
    const calls = native();
    expect(typeof calls).toBe(typeof loadNative());
    expect(native()).toBe(calls);
  });

  it('anything else is ERR_ARG', () => {
    expect(() => nativeFrom('no')).toThrow('TSMPI_NATIVE: "no" is neither auto nor off');
  });
});
