/** Folders for temporary files, and the sockets in them. */
import type { Facts } from '../facts.ts';
import { bytes, type Finding, type JobInMind, ok, problem, warning } from '../finding.ts';

/** A compiled program, with its source map, is a few MiB. */
const LITTLE = 100 * 2 ** 20;

export function checkFiles({ files, works, hostname }: Facts, { launches }: JobInMind): Finding[] {
  const findings = [checkFolder(files)];
  if (works.unixSockets !== undefined) {
    const mend = 'set TMPDIR to a folder on a local disk, or start jobs with --transport tcp';
    findings.push(problem('sockets', `none can be made in ${files.workspaces}: ${works.unixSockets}`, mend));
  }
  if (works.loopback !== undefined) {
    const mend = 'bring lo up (ip link set lo up); a sandbox may forbid it';
    findings.push(problem('loopback', `a process cannot connect to 127.0.0.1: ${works.loopback}`, mend));
  }
  if (works.unixSockets === undefined && works.loopback === undefined) {
    findings.push(ok('sockets', 'Unix sockets and loopback work'));
  }
  if (!launches && !files.workingDirectory) {
    const mend = `share the folder, or let --sync copy the project to ${hostname}`;
    findings.push(warning('project', 'the folder in which tsrun was started is not there', mend));
  }
  return findings;
}

function checkFolder({ temporary, workspaces, problem: reason, free }: Facts['files']): Finding {
  const subject = 'temporary files';
  if (workspaces === undefined) return problem(subject, reason!, 'make /tmp writable, or set TMPDIR');
  if (workspaces !== temporary) {
    const mend = 'set TMPDIR to a folder that is there, can be written, and has a path of at most 76 bytes';
    return warning(subject, `${temporary} cannot be used, so ${workspaces} is`, mend);
  }
  if (free !== undefined && free < LITTLE) {
    return warning(subject, `only ${bytes(free)} are free in ${workspaces}`, 'make room there, or set TMPDIR');
  }
  return ok(subject, workspaces);
}
