/** `tsrun doctor`: looks at the machines of a job before there is one, and says what to mend. Imported when asked for, as everything here. */
import { Environment } from '../../src/contract/environment.ts';
import { starterOf } from '../agents/hosts.ts';
import { startProgram } from '../agents/start.ts';
import { packageRoot } from '../bundle/library.ts';
import { ExitCode, LaunchFailure } from '../failure.ts';
import { Given } from '../given.ts';
import { type HelpPage, helpText } from '../help.ts';
import { findHosts, type HostContext, type Site } from '../placement/hosts.ts';
import { parseMapping } from '../placement/mapping.ts';
import { defaultRanks, place } from '../placement/place.ts';
import { scan, usage } from '../scan.ts';
import * as values from '../values.ts';
import { diagnose } from './diagnosis.ts';
import { examine, type OpenExaminer, type Patient } from './examination.ts';
import { LocalExaminer } from './examiner.ts';
import type { JobInMind } from './finding.ts';
import { DOCTOR_OPTIONS } from './options.ts';
import { RemoteExaminer } from './remote.ts';
import { diagnosisDocument, diagnosisText } from './report.ts';

export interface DoctorContext extends HostContext {
  /** Of this machine: the default number of ranks on it. */
  readonly cores: number;
  /** How wide the help may be. */
  readonly columns: number;
  readonly workingDirectory: string;
  readonly print: (text: string) => Promise<unknown>;
  /** The way to the hosts; none: what the command line says. */
  readonly open?: OpenExaminer;
}

const HELP: HelpPage = {
  usage:
    'tsrun doctor [options]\n\nLooks at this machine and at the hosts that -H or --hostfile names, or Slurm has allocated, and says what to mend.',
  options: DOCTOR_OPTIONS,
  examples: [
    ['tsrun doctor', 'this machine, for a job with a rank on each core'],
    ['tsrun doctor -n 64 -H node1:32,node2:32', 'two hosts, the way to them, and the ways between them'],
  ],
  epilogue: 'Exit code: 0 when there is no problem, else 1; 2 for wrong usage. Warnings are no problems.',
};

/** Of the program that looks at another host, from the root of the package. */
const MAIN = 'dist/launcher/doctor-main.js';
/** Milliseconds. */
const CONNECT_TIMEOUT = 10_000;

/** Gives the exit code. @throws LaunchFailure with exit code 2. */
export async function runDoctor(args: readonly string[], context: DoctorContext): Promise<number> {
  const scanned = scan(args, { options: DOCTOR_OPTIONS, help: 'tsrun doctor --help' });
  const given = new Given(scanned);
  if (given.has('help')) {
    await context.print(await helpText(context.columns, HELP));
    return 0;
  }
  if (scanned.script !== undefined) {
    throw usage(`tsrun doctor ${values.shown(scanned.script)}: it looks at machines, not at scripts; -H names hosts`);
  }
  const site = siteOf(given, context);
  const range = given.get('port-range');
  const ports = range === undefined ? undefined : values.portRange(range);
  const wanted = given.get('interface');
  const patients = patientsOf(site, context);
  const plan = {
    hosts: patients,
    interface: wanted === undefined ? undefined : values.networkInterface(wanted),
    ports,
    workingDirectory: context.workingDirectory,
    native: context.env[Environment.NATIVE],
  };
  const jobs = jobsInMind(patients, site, given, context).map((job) => ({ ...job, ports }));
  const examination = await examine(plan, context.open ?? opener(site, given));
  const diagnosis = diagnose(examination, jobs);
  const text = given.has('json')
    ? `${JSON.stringify(diagnosisDocument(examination, diagnosis))}\n`
    : diagnosisText(diagnosis);
  await context.print(text);
  return diagnosis.problems > 0 ? ExitCode.FAILURE : 0;
}

function siteOf(given: Given, context: DoctorContext): Site {
  const launcher = values.oneOf('--launcher', given.get('launcher') ?? 'auto', ['auto', 'local', 'ssh', 'slurm']);
  return findHosts({ launcher, lists: given.all('host'), files: given.all('hostfile') }, context);
}

/** All hosts, and this machine, from which they are reached. */
function patientsOf({ hosts }: Site, { hostname }: DoctorContext): Patient[] {
  const patients = hosts.map(({ name, local }) => ({ name, local, takesPart: true }));
  if (hosts.some(({ local }) => local)) return patients;
  return [{ name: `${hostname} (this machine)`, local: true, takesPart: false }, ...patients];
}

/** By host. */
function jobsInMind(
  patients: readonly Patient[],
  site: Site,
  given: Given,
  { cores }: DoctorContext,
): Omit<JobInMind, 'ports'>[] {
  const mapping = parseMapping(undefined, undefined, true);
  const asked = given.get('np');
  const ranks =
    asked === undefined ? defaultRanks(site, mapping, cores) : values.integer('-n', asked, 1, 'the number of ranks');
  // A job may be too small for all of its hosts.
  const placed = place(site.hosts, [ranks], mapping).hosts;
  return patients.map(({ name, local }) => ({
    ranks,
    hosts: site.hosts.length,
    here: placed.find((host) => host.name === name)?.ranks.length ?? 0,
    launches: local,
  }));
}

/** The way that agents take. */
function opener({ launcher }: Site, given: Given): OpenExaminer {
  const ssh = values.commandWords('--ssh', given.get('ssh') ?? 'ssh');
  return async ({ name, local }) => {
    if (local) return new LocalExaminer();
    const starter = starterOf({ launcher, ssh, connectTimeout: CONNECT_TIMEOUT })(name);
    const connection = startProgram({ ...starter, main: `${packageRoot()}/${MAIN}` }, name, CONNECT_TIMEOUT);
    try {
      return await RemoteExaminer.open(connection);
    } catch (error) {
      if (!(error instanceof LaunchFailure)) throw error;
      // The name stands above the findings.
      throw new LaunchFailure(error.message.replace(`host ${name}: `, ''), error.exitCode);
    }
  };
}
