/** Whether this machine can have hosts inside it. */
import { execFileSync } from 'node:child_process';
import { ENVIRONMENT } from './machine.ts';

const COMMANDS = ['ip', 'nsenter', 'ssh', 'ssh-keygen', 'sshd', 'tcpdump', 'unshare'];

/** The reason why there can be no hosts here, for `describe.skipIf`; none: there can. */
export function noHosts(): string | undefined {
  if (process.platform !== 'linux') return 'hosts are made of Linux namespaces';
  if (process.getuid?.() !== 0) return 'only root may make namespaces and network devices';
  const missing = COMMANDS.filter((command) => !succeeds('sh', ['-c', `command -v ${command}`]));
  if (missing.length > 0) return `not installed: ${missing.join(', ')} (see .ci/run)`;
  const devices =
    'ip link add bridge1 type bridge && ip link add veth0 type veth peer name veth1 && mount -t tmpfs none /tmp';
  if (!succeeds('unshare', ['--mount', '--uts', '--ipc', '--net', '--pid', '--fork', 'sh', '-c', devices])) {
    return 'the system lets nobody make namespaces with bridges and mounts in them (a container?)';
  }
  return undefined;
}

function succeeds(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore', env: ENVIRONMENT });
    return true;
  } catch {
    return false;
  }
}
