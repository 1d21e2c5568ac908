/** The peers that are installed here, ready to be measured. */
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Outcome, runCommand } from '../lib/command.ts';
import type { Job } from '../lib/job.ts';
import { measureStartup } from '../lib/startup.ts';
import type { System } from '../lib/system.ts';
import { compile } from './compile.ts';
import { PEERS, type Peer } from './peers.ts';

/** `names`: only these; none: all. `absent` says of each one that cannot be measured, why. */
export async function findPeers(names: readonly string[]): Promise<{ systems: System[]; absent: string[] }> {
  const systems: System[] = [];
  const absent: string[] = [];
  for (const peer of PEERS.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const problem = problemOf(peer, isInstalled);
    if (problem === undefined) {
      try {
        systems.push(await ready(peer));
      } catch (error) {
        absent.push(absence(peer, (error as Error).message));
      }
    } else {
      absent.push(absence(peer, problem));
    }
  }
  return { systems, absent };
}

/** What keeps a peer from being measured; nothing if nothing does. */
export function problemOf({ needs }: Peer, installed: (command: string) => boolean): string | undefined {
  const missing = needs.filter((command) => !installed(command));
  return missing.length === 0 ? undefined : `there is no ${missing.join(', no ')}`;
}

export function absence({ title, packages }: Peer, problem: string): string {
  return `${title} is left out: ${problem}; on Debian: apt-get install ${packages}`;
}

function isInstalled(command: string): boolean {
  const places = isAbsolute(command) ? [''] : (process.env.PATH ?? '').split(delimiter);
  return places.some((place) => {
    try {
      accessSync(join(place, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

async function ready(peer: Peer): Promise<System> {
  const { name, title, source, benches, transports } = peer;
  const version = peer.version === undefined ? '' : versionOf(peer.version);
  const program =
    source.compiler === undefined
      ? fileURLToPath(new URL(source.file, import.meta.url))
      : await compile(source.file, source.compiler);
  return {
    name,
    title: `${title} ${version}`.trim(),
    measures: ({ transport, settings: { bench } }) => benches.has(bench) && transports.has(transport),
    async measure(job, quick) {
      const { ranks, transport, settings } = job;
      const run = () => runPeer(peer, job, program);
      const measurements =
        settings.bench === 'startup' ? [await measureStartup(run, quick)] : (await run()).measurements;
      return measurements.map((measurement) => ({ ...measurement, system: name, ranks, transport }));
    },
  };
}

function versionOf([command, ...args]: readonly [string, ...string[]]): string {
  const said = execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return /\d+(\.\d+)+/.exec(said)?.[0] ?? '';
}

const MILLISECONDS_FOR_ALL = 60_000;

function runPeer(peer: Peer, job: Job, program: string): Promise<Outcome> {
  const { ranks, transport, settings } = job;
  const timeout = MILLISECONDS_FOR_ALL + 10_000 * settings.seconds * Math.max(settings.sizes.length, 5);
  const what = `${settings.bench} of ${peer.title} on ${ranks} ranks over ${transport}`;
  return runCommand({ timeout, ...peer.command(job, program) }, what);
}
