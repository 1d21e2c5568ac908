/** Runs one `tsrun` job. */
import { fileURLToPath } from 'node:url';
import { type Outcome, runCommand } from './command.ts';
import type { Settings } from './settings.ts';

const TSRUN = fileURLToPath(new URL('../../bin/tsrun.js', import.meta.url));
const PROGRAMS = new URL('../programs/', import.meta.url);

export interface Job {
  /** Of bench/programs, without `.ts`. */
  readonly program: string;
  readonly ranks: number;
  /** `tcp`, `unix`, `shm`, or `tls` for what is between hosts: TCP with TLS inside. */
  readonly transport: string;
  readonly settings: Settings;
}

/** A bench never takes so long: what it waits for then does not come. */
const SECONDS_FOR_ALL = 60;

/** @throws Error with everything that the job said, if it did not end with exit code 0. */
export async function runJob({ program, ranks, transport, settings }: Job): Promise<Outcome> {
  const timeout = Math.ceil(SECONDS_FOR_ALL + 10 * settings.seconds * Math.max(settings.sizes.length, 5));
  const script = fileURLToPath(new URL(`${program}.ts`, PROGRAMS));
  const carrier = transport === 'tls' ? ['--transport', 'tcp', '--tls', 'on'] : ['--transport', transport];
  const args = ['-n', String(ranks), ...carrier, '--prefix', 'never', '--timeout', String(timeout)];
  return runCommand(
    { command: process.execPath, args: [TSRUN, ...args, script, JSON.stringify(settings)] },
    `${program} on ${ranks} ranks over ${transport}`,
  );
}
