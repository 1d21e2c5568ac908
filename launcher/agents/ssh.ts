/** The way to another host over the system's own ssh, with its configuration, keys and agent; and what its failures mean. */
import { SHELL_PROGRAM } from './bootstrap.ts';
import type { RemoteOptions } from './protocol.ts';
import type { ProgramEnd, Starter, StarterFor } from './start.ts';

/** Words of the user come first: where an option is given twice, ssh takes the first. */
export function sshStarter({ ssh, connectTimeout }: Pick<RemoteOptions, 'ssh' | 'connectTimeout'>): StarterFor {
  const options = {
    // Nobody is there to be asked, and a host whose key is not known gets none of the job's secrets. Who wants that all the same says so
    // in --ssh.
    BatchMode: 'yes',
    StrictHostKeyChecking: 'yes',
    ConnectTimeout: Math.ceil(connectTimeout / 1000),
    // A connection that is shared may be used; one that would outlive us is not opened.
    ControlMaster: 'no',
  };
  const words = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return (host): Starter => ({
    command: [...ssh, '-T', ...words, '--', host, `exec sh -c '${SHELL_PROGRAM}'`],
    explain: (end) => explainSsh(end, host, ssh),
  });
}

/** In the words of OpenSSH's client, what went wrong; and what the user can do about it, who logs in with `login`. */
const CAUSES: readonly (readonly [RegExp, (line: string, host: string, login: string) => string])[] = [
  [
    /Could not resolve hostname/,
    (line) => {
      const name = line.match(/hostname ([^:]+)/)?.[1];
      return `there is no host of the name ${name}; check the name, or give it an address in ~/.ssh/config`;
    },
  ],
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    (_, host) =>
      `its key is another one than in known_hosts; if that is right, ssh-keygen -R ${host} forgets the old one`,
  ],
  [
    /Host key verification failed/,
    (_, __, login) => `its key is not in known_hosts; log in once by hand (${login}) and confirm it`,
  ],
  [
    /Permission denied \(|Too many authentication failures/,
    (_, __, login) => `it does not let us in; ${login} has to work without a password: ssh-copy-id, or ssh-agent`,
  ],
  [/Connection refused/, () => 'no ssh server answers there; start sshd, or name its port in ~/.ssh/config'],
  [
    /Connection timed out|Operation timed out/,
    () => 'it does not answer; is it up, and is there no firewall in between?',
  ],
  [/No route to host|(?:Network|Host) is unreachable/, () => 'there is no way to it; is it up and on this network?'],
  [
    /(?:_exchange_identification|banner exchange): .*(?:closed|reset)/i,
    () =>
      'its ssh server hung up at once; it may allow fewer logins at a time (MaxStartups): a smaller --fan-out helps',
  ],
];

/** What follows `host b: `; undefined where ssh's own words are all that there is. */
export function explainSsh({ error, words }: ProgramEnd, host: string, ssh: readonly string[]): string | undefined {
  if (error?.code === 'ENOENT') return `there is no command ${ssh[0]}; install an ssh client, or name one with --ssh`;
  for (const [pattern, meaning] of CAUSES) {
    const line = words.find((one) => pattern.test(one));
    if (line === undefined) continue;
    // The frame of a warning says nothing.
    const said = line.startsWith('@') ? words.at(-1)! : line;
    return `${meaning(line, host, [...ssh, host].join(' '))} (${said.trim()})`;
  }
  return undefined;
}
