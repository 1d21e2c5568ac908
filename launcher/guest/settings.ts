/** What the environment says to a tsrun that another launcher has started. */
import { Environment } from '../../src/contract/environment.ts';
import { usage } from '../scan.ts';

/** How many seconds the tasks wait for each other. */
const PATIENCE = 30;

/**
 * How long the tasks wait for each other, in milliseconds.
 *
 * @throws LaunchFailure with exit code 2.
 */
export function rendezvousTimeout(): number {
  return number(Environment.RENDEZVOUS_TIMEOUT, /^\d{1,6}(\.\d+)?$/, PATIENCE) * 1000;
}

/** Comes then. */
export function deadlineIn(milliseconds: number): AbortSignal {
  const controller = new AbortController();
  const reason = new Error(`nothing came within ${milliseconds / 1000} s`);
  setTimeout(() => controller.abort(reason), milliseconds).unref();
  return controller.signal;
}

/**
 * What `world.restart` is to be.
 *
 * @throws LaunchFailure with exit code 2.
 */
export function restartCount(): number {
  return number(Environment.RESTART, /^\d{1,9}$/, 0);
}

function number(name: string, form: RegExp, otherwise: number): number {
  const text = process.env[name];
  if (text === undefined) return otherwise;
  if (!form.test(text)) throw usage(`${name}=${text} is no number that makes sense there`);
  return Number(text);
}
