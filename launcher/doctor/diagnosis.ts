/** What was found, and what it means: for each host, and for all of them together. Pure. */
import { checkAgreement } from './checks/agreement.ts';
import { checkFiles } from './checks/files.ts';
import { checkLaunchers } from './checks/launchers.ts';
import { checkNetwork } from './checks/network.ts';
import { checkResources } from './checks/resources.ts';
import { checkSharing } from './checks/sharing.ts';
import { checkSoftware } from './checks/software.ts';
import type { Examination, HostExamination } from './examination.ts';
import { type Finding, type JobInMind, problem } from './finding.ts';

export interface Diagnosis {
  readonly hosts: readonly { readonly name: string; readonly findings: readonly Finding[] }[];
  /** Of all hosts together; none where there is only one. */
  readonly together: readonly Finding[];
  readonly problems: number;
  readonly warnings: number;
}

/** @param jobs - the job that somebody has in mind, by host. */
export function diagnose({ hosts, attempts }: Examination, jobs: readonly JobInMind[]): Diagnosis {
  const each = hosts.map((host, index) => ({ name: host.name, findings: checkHost(host, jobs[index]!) }));
  const seen = hosts.filter((host) => host.facts !== undefined);
  const together = seen.length < 2 ? [] : checkAgreement(seen.map(summary), attempts);
  const all = [...each.flatMap(({ findings }) => findings), ...together];
  const count = (wanted: Finding['level']) => all.filter(({ level }) => level === wanted).length;
  return { hosts: each, together, problems: count('problem'), warnings: count('warning') };
}

function checkHost(host: HostExamination, job: JobInMind): Finding[] {
  if (host.facts === undefined) {
    // What goes wrong on the way to a host says after a semicolon what to do.
    const [text = '', ...mend] = host.reason.split('; ');
    return [problem('agent', text, mend.join('; ') || 'a job there would end with the same words')];
  }
  const { facts, deaf } = host;
  return [
    ...checkSoftware(facts, job),
    ...checkResources(facts, job),
    ...checkFiles(facts, job),
    ...checkSharing(facts, job),
    ...checkNetwork(facts, job, deaf),
    // Elsewhere it is what has brought us there.
    ...(job.launches ? checkLaunchers(facts) : []),
  ];
}

function summary({ name, takesPart, facts, clock }: Extract<HostExamination, { facts: object }>) {
  const { node, tsmpi, network } = facts;
  return { name, node, tsmpi, address: takesPart ? network.address : undefined, clock };
}
