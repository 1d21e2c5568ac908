/** Whether this process makes system calls past Node.js: as the environment says, and as far as koffi works here. */
import { Environment } from '../contract/environment.ts';
import * as errors from '../errors.ts';
import { loadNative, type Native, type NativeSource } from '../native/native.ts';

/** The calls, or why there are none, for the whole process: loaded when something first waits for another rank. */
export function nativeFrom(setting: string | undefined): NativeSource {
  if (setting === 'off') return () => `${Environment.NATIVE}=off`;
  if (setting !== undefined && setting !== '' && setting !== 'auto')
    throw errors.badNative(Environment.NATIVE, setting);
  let loaded: Native | string | undefined;
  return () => (loaded ??= loadNative());
}
