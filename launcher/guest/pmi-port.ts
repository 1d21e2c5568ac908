/** Which task this is, where only the PMI server knows it: `mpiexec -pmi-port` sets PMI_PORT and PMI_ID, and nothing else. */
import { Environment } from '../../src/contract/environment.ts';
import type { Env } from '../../src/contract/outer.ts';
import { ExitCode, LaunchFailure } from '../failure.ts';
import { PmiClient, PmiFailure } from './pmi1.ts';
import { deadlineIn, rendezvousTimeout } from './settings.ts';

export function onlyPmiKnows(env: Env): boolean {
  const set = [env.PMI_PORT, env.PMI_ID].every((value) => value !== undefined);
  return set && [env[Environment.RANK], env.PMI_RANK].every((value) => value === undefined);
}

/**
 * The connection, which has to be finalized: its {@link PmiClient.environment} says it.
 *
 * @throws LaunchFailure
 */
export async function askPmi(env: Env): Promise<PmiClient> {
  try {
    return await PmiClient.open(env, deadlineIn(rendezvousTimeout()));
  } catch (error) {
    if (!(error instanceof PmiFailure)) throw error;
    throw new LaunchFailure(`the PMI server at PMI_PORT=${env.PMI_PORT}: ${error.message}`, ExitCode.LAUNCH);
  }
}
