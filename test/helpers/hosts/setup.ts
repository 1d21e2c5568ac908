/** What makes a machine a host: lines of sh that run in it before anything else, and files that they and ssh need. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, relative } from 'node:path';

/** Every host has its own. */
const PRIVATE = ['/tmp', '/var/tmp', '/run', '/dev/shm', userInfo().homedir];

/** The checkout and Node.js may lie in one of them. */
const PROJECT = join(import.meta.dirname, '../../..');
const NODE = dirname(dirname(process.execPath));

/** Name lookup that asks no server; root may log in whatever its password is here. */
const ETC = {
  'nsswitch.conf': 'passwd: files\ngroup: files\nshadow: files\nhosts: files\n',
  shadow: 'root:*:19000:0:99999:7:::\n',
};

/** The host's own folders and names. `folder` stays visible on all hosts, as a file system of a cluster would. */
export function privateFolders(folder: string, own: string): string {
  const lines = Object.entries(ETC).map(([name, text]) => {
    writeFileSync(join(own, name), text);
    return `mount -n --bind ${join(own, name)} /etc/${name}`;
  });
  lines.push(`mount -n --bind ${join(own, 'hosts')} /etc/hosts`);
  const stage = join(own, 'stage');
  mkdirSync(stage);
  for (const directory of PRIVATE.filter((path) => existsSync(path))) {
    const kept = [folder, PROJECT, NODE]
      .map((path) => relative(directory, path))
      .filter((path) => !path.startsWith('..'));
    lines.push(`mount -n -t tmpfs -o mode=1777 tmpfs ${stage}`);
    for (const path of kept) {
      lines.push(`mkdir -p ${join(stage, path)}`, `mount -n --rbind ${join(directory, path)} ${join(stage, path)}`);
    }
    lines.push(`mount -n --move ${stage} ${directory}`);
  }
  return lines.join('\n');
}

/** A bridge as Docker makes it, with something plugged in, and with the same address on every host. */
export const DOCKER_BRIDGE = `
ip link add docker0 type bridge
ip address add 172.17.0.1/16 dev docker0
ip link add veth0 type veth peer name veth1
ip link set veth1 master docker0
ip link set veth0 up
ip link set veth1 up
ip link set docker0 up`;

/** `/etc/hosts` as Debian writes it: the host's own name leads to loopback first. */
export function hostsFile(name: string, addresses: ReadonlyMap<string, string>): string {
  const lines = [...addresses].map(([other, address]) => `${address} ${other}`);
  return ['127.0.0.1 localhost', `127.0.1.1 ${name}`, '::1 localhost ip6-localhost', ...lines, ''].join('\n');
}

/** Starts an ssh server, and waits until it listens. */
export function sshServer(folder: string, own: string): string {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', join(own, 'key')]);
  const config = `
HostKey ${own}/key
AuthorizedKeysFile ${folder}/user.pub
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
KbdInteractiveAuthentication no
PidFile /run/sshd.pid
MaxStartups 100
UseDNS no
`;
  writeFileSync(join(own, 'sshd_config'), config);
  return `mkdir /run/sshd\n$(command -v sshd) -D -f ${own}/sshd_config &\nuntil [ -s /run/sshd.pid ]; do kill -0 $!; sleep 0.02; done`;
}

/** What the ssh command needs: a key that is accepted, and the hosts' own keys as known, under all of their names and addresses. */
export function sshClient(folder: string, hosts: readonly string[], addresses: ReadonlyMap<string, string>): void {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', join(folder, 'user')]);
  const known = hosts.map((host) => {
    const own = [...addresses].filter(([name]) => name.split('-')[0] === host).flat();
    return `${own.join(',')} ${readFileSync(join(folder, host, 'key.pub'), 'utf8')}`;
  });
  writeFileSync(join(folder, 'known_hosts'), known.join(''));
  const config = `
IdentityFile ${folder}/user
IdentitiesOnly yes
UserKnownHostsFile ${folder}/known_hosts
GlobalKnownHostsFile /dev/null
`;
  writeFileSync(join(folder, 'ssh_config'), config);
}
