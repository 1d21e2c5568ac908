/** The doctor's findings as a list for people, and as one JSON document. Pure. */
import { counted } from '../counted.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { Examination } from './examination.ts';
import type { Finding } from './finding.ts';

/** The longest of the levels, in letters. */
const LEVEL = 'problem'.length;

/** Ends with a newline. */
export function diagnosisText({ hosts, together, problems, warnings }: Diagnosis): string {
  const groups = [...hosts, ...(together.length > 0 ? [{ name: 'all hosts', findings: together }] : [])];
  const width = Math.max(...groups.flatMap(({ findings }) => findings.map(({ subject }) => subject.length)));
  const blocks = groups.map(({ name, findings }) => [name, ...findings.flatMap((one) => lines(one, width))].join('\n'));
  return `${[...blocks, verdict(problems, warnings)].join('\n\n')}\n`;
}

function lines({ level, subject, text, mend }: Finding, width: number): string[] {
  const head = `  ${level.padEnd(LEVEL)}  ${subject.padEnd(width)}  ${text}`;
  return mend === undefined ? [head] : [head, `${' '.repeat(LEVEL + width + 6)}→ ${mend}`];
}

function verdict(problems: number, warnings: number): string {
  if (problems + warnings === 0) return 'nothing to mend';
  const parts = [problems > 0 ? counted(problems, 'problem') : '', warnings > 0 ? counted(warnings, 'warning') : ''];
  return parts.filter(Boolean).join(', ');
}

export function diagnosisDocument({ hosts, attempts }: Examination, diagnosis: Diagnosis): object {
  return {
    hosts: diagnosis.hosts.map(({ name, findings }, index) => {
      const { facts } = hosts[index]!;
      return { name, findings, facts: facts ?? null };
    }),
    together: diagnosis.together,
    attempts,
    problems: diagnosis.problems,
    warnings: diagnosis.warnings,
  };
}
