/** Slurm and other launchers around this process. */
import { counted } from '../../counted.ts';
import type { Facts } from '../facts.ts';
import { type Finding, ok, problem, warning } from '../finding.ts';

export function checkLaunchers({ launchers }: Facts): Finding[] {
  const { outer, slurmJob, slurmNodes, slurmProblem, srun } = launchers;
  const findings: Finding[] = [];
  if (slurmProblem !== undefined) {
    findings.push(problem('Slurm', slurmProblem, 'begin the allocation again, or give --launcher local'));
  } else if (slurmJob !== undefined && slurmNodes !== undefined) {
    const text = `allocation ${slurmJob} of ${counted(slurmNodes, 'node')}`;
    if (srun) findings.push(ok('Slurm', text));
    else
      findings.push(
        problem('Slurm', `${text}, and no srun in the PATH`, 'load the module that has it, or give --launcher ssh'),
      );
  }
  if (outer === undefined) return findings;
  if ('problem' in outer) {
    const mend = `unset ${outer.variable}, or give -n N`;
    return [
      ...findings,
      warning('launcher', `${outer.launcher} seems to have started this process, but ${outer.problem}`, mend),
    ];
  }
  const { launcher, rank, size, variable } = outer;
  return [
    ...findings,
    ok(
      'launcher',
      `this is task ${rank} of ${size} of ${launcher} (${variable}), so tsrun without -n becomes that rank`,
    ),
  ];
}
