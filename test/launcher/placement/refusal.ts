import { LaunchFailure } from '../../../launcher/failure.ts';

/** The failure of wrong usage that it ends with. */
export function refusal(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof LaunchFailure && error.exitCode === 2) return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}
