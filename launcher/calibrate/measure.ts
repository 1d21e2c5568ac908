/** Measures by jobs of tsrun, one after the other. */
import { join } from 'node:path';
import { Deferred } from '../../src/base/deferred.ts';
import type { HostTimes, LinkTimes, Reading } from '../../src/contract/calibration.ts';
import { Environment } from '../../src/contract/environment.ts';
import { Lifeline, linesOf, Program } from '../agents/program.ts';
import { packageRoot } from '../bundle/library.ts';
import { ExitCode, LaunchFailure } from '../failure.ts';
import type { LocalKind, RemoteKind } from './file.ts';
import { hostTimes, linkTimes, readingOf } from './fit.ts';
import type { Samples } from './samples.ts';

/** One job: the options of tsrun, up to the script; what it measures. @throws LaunchFailure with what tsrun said. */
export type RunJob = (options: readonly string[]) => Promise<Samples>;

/** A host with more processors gets no more ranks than this: the parameters are those of one message. */
const MOST_CALM = 8;
const MOST_CROWDED = 32;
/** Of a job, in seconds: a hundred times what it takes. */
const TIME_LIMIT = 300;

export async function measureHost(
  kind: LocalKind,
  cores: number,
  run: RunJob,
): Promise<{ times: HostTimes; reading: Reading }> {
  const crowd = async (ranks: number) => {
    return { ranks, cores, samples: await run(['-n', String(ranks), '--transport', kind]) };
  };
  const pair = await crowd(2);
  const calm = Math.min(cores, MOST_CALM);
  const full = calm > 2 ? await crowd(calm) : pair;
  const crowded = await crowd(Math.max(2, Math.min(2 * cores, MOST_CROWDED)));
  return { times: hostTimes(pair.samples, full, crowded), reading: readingOf(pair.samples) };
}

/** @param hosts - two of them. @param options - how they are reached. */
export async function measureBetween(
  kind: RemoteKind,
  hosts: readonly [string, string],
  options: readonly string[],
  run: RunJob,
): Promise<LinkTimes> {
  const tls = kind === 'tls' ? 'on' : 'off';
  const samples = await run(['-n', '2', '-H', hosts.map((host) => `${host}:1`).join(), '--tls', tls, ...options]);
  return linkTimes(samples);
}

/** By a tsrun of its own: when we are killed it is, and so is what it has started. */
export function jobRunner(): RunJob {
  const lifeline = new Lifeline();
  const root = packageRoot();
  const command = [process.execPath, ...process.execArgv, join(root, 'bin/tsrun.js')];
  // A choice of algorithms is for those who use them.
  const env = { ...process.env, [Environment.ALGORITHMS]: undefined };
  const limits = ['--model', 'off', '--stdin', 'none', '--prefix', 'never', '--timeout', String(TIME_LIMIT)];
  return async (options) => {
    const script = join(root, 'dist/launcher/calibrate/program.js');
    const output: Buffer[] = [];
    const ended = new Deferred<number | null>();
    const program = new Program([...command, ...options, ...limits, script], env, lifeline, {
      output: (chunk) => output.push(chunk),
      refused: (error) => ended.reject(new LaunchFailure(`tsrun cannot be started: ${error.message}`)),
      ended: (code) => ended.resolve(code),
    });
    try {
      const code = await ended.promise;
      if (code !== 0) throw new LaunchFailure(linesOf(program.errors).join('\n'), code ?? ExitCode.FAILURE);
      return JSON.parse(Buffer.concat(output).toString()) as Samples;
    } finally {
      await program.end(false);
    }
  };
}
