/** `tsrun calibrate`: measures what the choice of algorithms goes by, once for a machine. Imported when asked for, as everything here. */
import { readFileSync } from 'node:fs';
import type { Reading } from '../../src/contract/calibration.ts';
import { LaunchFailure } from '../failure.ts';
import { Given } from '../given.ts';
import { type HelpPage, helpText } from '../help.ts';
import { systemReason } from '../io/system-reason.ts';
import { findHosts, type HostContext } from '../placement/hosts.ts';
import { scan, usage } from '../scan.ts';
import * as values from '../values.ts';
import { packageVersion } from '../version.ts';
import {
  cacheFile,
  FORMAT,
  LOCAL_KINDS,
  type Machine,
  type Measured,
  REMOTE_KINDS,
  readMeasured,
  stranger,
  writeMeasured,
} from './file.ts';
import { thisMachine } from './for-job.ts';
import { jobRunner, measureBetween, measureHost, type RunJob } from './measure.ts';
import { BETWEEN_HOSTS, CALIBRATE_OPTIONS } from './options.ts';
import { measuredText } from './report.ts';

export interface CalibrateContext extends HostContext {
  /** How wide the help may be. */
  readonly columns: number;
  readonly print: (text: string) => Promise<unknown>;
  /** What is said beside the result. */
  readonly tell: (text: string) => void;
  /** Left out: this machine, by jobs of tsrun. */
  readonly machine?: Machine;
  readonly run?: RunJob;
}

const HELP: HelpPage = {
  usage:
    'tsrun calibrate [options]\n\nMeasures latency, bandwidth and the speed of adding over each kind of link of this machine, and between the ' +
    'first two of the hosts that are named, in some seconds each. Jobs choose the algorithms of collectives by that from then on ' +
    '(tsrun -v says so; --model off prevents it). Nothing else should run meanwhile.',
  options: CALIBRATE_OPTIONS,
  examples: [
    ['tsrun calibrate', 'shared memory, Unix sockets and TCP of this machine'],
    ['tsrun calibrate -H node1,node2', 'the network between two hosts as well, with TLS and without'],
  ],
  epilogue: 'Exit code: 0; 1 when nothing could be measured; 2 for wrong usage; 125 when a host was not reached.',
};

/** Gives the exit code. @throws LaunchFailure. */
export async function runCalibrate(args: readonly string[], context: CalibrateContext): Promise<number> {
  const scanned = scan(args, { options: CALIBRATE_OPTIONS, help: 'tsrun calibrate --help' });
  const given = new Given(scanned);
  if (given.has('help')) {
    await context.print(await helpText(context.columns, HELP));
    return 0;
  }
  if (scanned.script !== undefined) {
    throw usage(`tsrun calibrate ${values.shown(scanned.script)}: it runs a script of its own; -H names hosts`);
  }
  const hosts = hostsOf(given, context);
  const path = given.get('output') ?? cacheFile(context.env, context.hostname);
  const machine = context.machine ?? thisMachine();
  const run = context.run ?? jobRunner();
  const readings: Reading[] = [];

  const within: { -readonly [Kind in keyof Measured['within']]: Measured['within'][Kind] } = {};
  for (const kind of LOCAL_KINDS) {
    try {
      const { times, reading } = await measureHost(kind, machine.cores, run);
      within[kind] = times;
      readings.push(reading);
    } catch (error) {
      // Shared memory is not everywhere.
      if (!(error instanceof LaunchFailure)) throw error;
      context.tell(`tsrun: ${kind} is left out: ${error.message}\n`);
    }
  }
  if (readings.length === 0) throw new LaunchFailure('tsrun calibrate: nothing could be measured');

  const between: { -readonly [Kind in keyof Measured['between']]: Measured['between'][Kind] } = {};
  for (const kind of hosts === undefined ? [] : REMOTE_KINDS) {
    between[kind] = await measureBetween(kind, hosts!, wayTo(given), run);
  }
  const measured: Measured = {
    format: FORMAT,
    tsmpi: packageVersion(),
    node: process.versions.node,
    ...machine,
    date: new Date().toISOString(),
    // Of the machine, whatever the link: what disturbed it made it look slower.
    reading: {
      gamma: Math.min(...readings.map(({ gamma }) => gamma)),
      landing: Math.min(...readings.map(({ landing }) => landing)),
    },
    within,
    between: { ...known(path, machine), ...between },
  };
  try {
    writeMeasured(path, measured);
  } catch (error) {
    throw new LaunchFailure(`${path}: ${systemReason(error)}; --output names another file`);
  }
  if (given.has('json')) await context.print(readFileSync(path, 'utf8'));
  else await context.print(`${measuredText(measured)}\nwritten to ${path}\n`);
  return 0;
}

/** The first two; undefined where no hosts are named. */
function hostsOf(given: Given, context: CalibrateContext): readonly [string, string] | undefined {
  const launcher = values.oneOf('--launcher', given.get('launcher') ?? 'auto', ['auto', 'local', 'ssh', 'slurm']);
  const site = findHosts({ launcher, lists: given.all('host'), files: given.all('hostfile') }, context);
  const [first, second] = site.hosts.map(({ name }) => name);
  if (first !== undefined && second !== undefined) return [first, second];
  const idle = ['host', 'hostfile', ...BETWEEN_HOSTS].find((name) => given.has(name));
  if (idle === undefined) return undefined;
  throw usage(`--${idle} is for what is between hosts: name two of them with -H or --hostfile`);
}

function wayTo(given: Given): string[] {
  return ['launcher', ...BETWEEN_HOSTS].flatMap((name) => {
    const value = given.get(name);
    return value === undefined ? [] : [`--${name}`, value];
  });
}

/** What is known of the network already, and stays so where no hosts are named this time. */
function known(path: string, machine: Machine): Measured['between'] {
  const measured = readMeasured(path);
  return typeof measured === 'string' || stranger(measured, machine) !== undefined ? {} : measured.between;
}
