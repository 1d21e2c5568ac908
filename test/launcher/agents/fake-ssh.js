// Stands for ssh and the sshd behind it: takes ssh's arguments and runs the command as a login on this machine would, in a session of its own.
// When it dies, what it has started only notices by its streams, as behind a real connection. Settings are environment variables:
//
//   FAKE_SSH_SHELL    the login shell (sh)
//   FAKE_SSH_START    text for sh: what a start-up file does; `exit` in it ends the login
//   FAKE_SSH_OPTIONS  NODE_OPTIONS on the other host
//   FAKE_SSH_CUT      after so many bytes from the other host the connection breaks
import { spawn } from 'node:child_process';

const args = process.argv.slice(2);
while (args[0]?.startsWith('-')) if (args.shift() === '-o') args.shift();
const [host, ...words] = args;
const { FAKE_SSH_SHELL = 'sh', FAKE_SSH_START = '', FAKE_SSH_OPTIONS = '', FAKE_SSH_CUT, ...env } = process.env;
let left = FAKE_SSH_CUT === undefined ? Number.POSITIVE_INFINITY : Number(FAKE_SSH_CUT);

const child = spawn('sh', ['-c', `${FAKE_SSH_START}\nexec ${FAKE_SSH_SHELL} -c "$1"`, 'login', words.join(' ')], {
  detached: true,
  env: { ...env, NODE_OPTIONS: FAKE_SSH_OPTIONS, FAKE_SSH_HOST: host, SSH_CONNECTION: '127.0.0.1 9 127.0.0.1 22' },
});
process.stdin.pipe(child.stdin);
child.stderr.pipe(process.stderr);
child.stdin.on('error', () => {});
child.stdout.on('data', (data) => {
  process.stdout.write(data.subarray(0, left));
  left -= data.length;
  if (left <= 0) breakOff();
});
if (left <= 0) breakOff();
child.on('close', (code) => process.exit(code ?? 255));

function breakOff() {
  process.stderr.write('client_loop: send disconnect: Broken pipe\n', () => process.exit(255));
}
