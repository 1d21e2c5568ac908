/** Which tasks share a machine, so that a Unix socket leads from one to the other: containers are machines of their own. */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** The same text in two processes: they see the same files and the same loopback interface. */
export function machineIdentity(name: string): string {
  return [name, hostname(), read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')), ...namespaces()]
    .map((part) => part.trim())
    .join(' ');
}

/** Of Linux; see namespaces(7). Elsewhere the names of machines tell them apart. */
function namespaces(): string[] {
  return ['net', 'mnt'].map((kind) => read(() => readlinkSync(`/proc/self/ns/${kind}`)));
}

function read(source: () => string): string {
  try {
    return source();
  } catch {
    return '';
  }
}
