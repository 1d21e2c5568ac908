import { expect, test } from 'vitest';
import { SHELL_PROGRAM } from '../../../launcher/agents/bootstrap.ts';
import { explainSsh, sshStarter } from '../../../launcher/agents/ssh.ts';

const ENDED = { error: undefined, code: 255, signal: null, timedOut: undefined };
const explain = (...words: string[]) => explainSsh({ ...ENDED, words }, 'b', ['ssh', '-F', 'cfg']);

test('the words of the user stand before ours, and the host cannot be taken for an option', () => {
  const { command } = sshStarter({ ssh: ['ssh', '-o', 'ConnectTimeout=3'], connectTimeout: 1200 })('-oProxyCommand=x');
  expect(command.slice(0, 4)).toEqual(['ssh', '-o', 'ConnectTimeout=3', '-T']);
  expect(command).toContain('ConnectTimeout=2');
  expect(command).toContain('BatchMode=yes');
  expect(command.slice(-3)).toEqual(['--', '-oProxyCommand=x', `exec sh -c '${SHELL_PROGRAM}'`]);
});

test('the program for the login shell means the same to every shell', () => {
  // csh takes ! for history, even between single quotes; fish takes a double backslash for one.
  expect(SHELL_PROGRAM).not.toMatch(/['!\n]|\\\\/);
});

test.each<[string[], string]>([
  [
    ['ssh: Could not resolve hostname bb: Name or service not known'],
    'there is no host of the name bb; check the name, or give it an address in ~/.ssh/config (ssh: Could not resolve hostname bb: Name or service not known)',
  ],
  [
    ['ssh: connect to host b port 2222: Connection refused'],
    'no ssh server answers there; start sshd, or name its port in ~/.ssh/config (ssh: connect to host b port 2222: Connection refused)',
  ],
  [
    ['ssh: connect to host b port 22: Connection timed out'],
    'it does not answer; is it up, and is there no firewall in between? (ssh: connect to host b port 22: Connection timed out)',
  ],
  [
    ['Connection timed out during banner exchange', 'Connection to 10.0.0.2 port 22 timed out'],
    'it does not answer; is it up, and is there no firewall in between? (Connection timed out during banner exchange)',
  ],
  [
    ['ssh: connect to host b port 22: No route to host'],
    'there is no way to it; is it up and on this network? (ssh: connect to host b port 22: No route to host)',
  ],
  [
    ['No ED25519 host key is known for b and you have requested strict checking.', 'Host key verification failed.'],
    'its key is not in known_hosts; log in once by hand (ssh -F cfg b) and confirm it (Host key verification failed.)',
  ],
  [
    [
      '@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@',
      '@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @',
      'Host key verification failed.',
    ],
    'its key is another one than in known_hosts; if that is right, ssh-keygen -R b forgets the old one (Host key verification failed.)',
  ],
  [
    ['Warning: private banner', 'root@b: Permission denied (publickey,password).'],
    'it does not let us in; ssh -F cfg b has to work without a password: ssh-copy-id, or ssh-agent (root@b: Permission denied (publickey,password).)',
  ],
  [
    ['kex_exchange_identification: Connection closed by remote host', 'Connection closed by 10.0.0.2 port 22'],
    'its ssh server hung up at once; it may allow fewer logins at a time (MaxStartups): a smaller --fan-out helps (kex_exchange_identification: Connection closed by remote host)',
  ],
])('%j', (words, meaning) => {
  expect(explain(...words)).toBe(meaning);
});

test('what is not known is left to the words of ssh', () => {
  expect(explain('Bad configuration option: foo')).toBeUndefined();
  expect(explain()).toBeUndefined();
});

test('ssh itself is not there', () => {
  const error = Object.assign(new Error(), { code: 'ENOENT' });
  expect(explainSsh({ ...ENDED, code: null, error, words: [] }, 'b', ['ssh'])).toBe(
    'there is no command ssh; install an ssh client, or name one with --ssh',
  );
});
