/** What stands in the way of a job on other hosts: one message that names the host, an exit code, and nothing that runs on. */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { describeHosts } from '../helpers/describe-hosts.ts';
import { type Hosts, startHosts } from '../helpers/hosts.ts';

const PROJECT = join(import.meta.dirname, '../..');

describeHosts('a job that cannot be started on its hosts', () => {
  let hosts: Hosts;
  let script: string;
  beforeAll(async () => {
    hosts = await startHosts(2);
    const folder = hosts.scripts({
      'job.ts': "import { SUM, world } from 'tsmpi';\nconsole.log('ran', await world.allreduce(1, SUM));\n",
    });
    script = join(folder, 'job.ts');
  });
  afterEach(() => hosts.quiet());
  afterAll(() => hosts?.close());

  async function refused(args: readonly string[], code: number, sentence: RegExp): Promise<void> {
    const job = await hosts.tsrun([...args, script]);
    expect(job).toMatchObject({ stdout: '', stderr: expect.stringMatching(sentence), code });
    expect(job.stderr).toMatch(/^tsrun: [^\n]+\n$/);
  }

  /** Something else lies at that place on h2 meanwhile. */
  async function covered(place: string, what: string, body: () => Promise<unknown>): Promise<void> {
    await hosts.do('h2', 'mount', '-n', ...(what === 'tmpfs' ? ['-t', 'tmpfs', what] : ['--bind', what]), place);
    try {
      await body();
    } finally {
      await hosts.do('h2', 'umount', place);
    }
  }

  describe('because of how they are named', () => {
    test.each<[string, string[], RegExp]>([
      ['a host of no slots', ['-H', 'h1:0,h2:1'], /h1:0/],
      ['a host that is named twice', ['-H', 'h1:1,h2:1,h1:1'], /h1 is named twice/],
      ['more ranks than slots', ['-n', '5', '-H', 'h1:2,h2:2'], /5 ranks.*4 slots/],
    ])('%s', (_, args, sentence) => refused(args, 2, sentence));
  });

  describe('because ssh does not get there', () => {
    const ssh = (...options: string[]) => ['--ssh', [hosts.ssh, ...options].join(' '), '-H', 'h1,h2'];

    test('no host has that name', () => refused(['-H', 'h1,h9'], 125, /^tsrun: host h9: .*no host of the name h9/));

    test('nobody listens on that port', async () => {
      await hosts.do(
        'login',
        'sh',
        '-c',
        `(printf 'Host h2\\nPort 2222\\n'; cat ${hosts.folder}/ssh_config) > /tmp/config`,
      );
      await refused(['--ssh', 'ssh -F /tmp/config', '-H', 'h1,h2'], 125, /^tsrun: host h2: .*[Rr]efused/);
    });

    test('the key is not the right one', async () => {
      await hosts.do('login', 'ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', '/tmp/other');
      const options = `-F none -i /tmp/other -o UserKnownHostsFile=${hosts.folder}/known_hosts`;
      await refused(['--ssh', `ssh ${options}`, '-H', 'h1'], 125, /^tsrun: host h1: .*Permission denied/);
    });

    test('the key of the host is not known', () =>
      refused(
        ssh('-o', 'UserKnownHostsFile=/dev/null'),
        125,
        /^tsrun: host h[12]: .*known_hosts.*\(Host key verification failed/,
      ));

    test('the key of the host is another one than was known', async () => {
      await hosts.do(
        'login',
        'sh',
        '-c',
        `sed 's/^h2,/h1,/; t; s/^h1,/h2,/' ${hosts.folder}/known_hosts > /tmp/swapped`,
      );
      await refused(ssh('-o', 'UserKnownHostsFile=/tmp/swapped'), 125, /^tsrun: host h[12]: .*(changed|another)/i);
    });

    test('the host is off', async () => {
      await hosts.pull('h2');
      try {
        await refused(ssh('-o', 'ConnectTimeout=2'), 125, /^tsrun: host h2: it does not answer; /);
      } finally {
        await hosts.plug('h2');
      }
    });

    test('there is no ssh', () => refused(['--ssh', 'no-such-ssh', '-H', 'h1'], 125, /^tsrun: .*no-such-ssh/));
  });

  describe('because of what is there', () => {
    const both = ['-H', 'h1,h2'];

    /** Puts something in the place of every Node.js that h2 has. */
    async function withNode(what: string, body: () => Promise<void>): Promise<void> {
      const path = await hosts.do('h2', 'sh', '-c', 'which -a node | xargs -r readlink -f | sort -u');
      const places = [...new Set([process.execPath, ...path.trim().split('\n')])];
      const [place, ...rest] = places;
      await (rest.length === 0
        ? covered(place!, what, body)
        : covered(place!, what, () => covered(rest[0]!, what, body)));
    }

    test('no Node.js', () => withNode('/dev/null', () => refused(both, 125, /^tsrun: host h2: .*no Node\.js/)));

    test('an old Node.js', async () => {
      const folder = hosts.scripts({
        node: `#!/bin/sh\nexec /run/node -r ${hosts.folder}/old.cjs "$@"\n`,
        '../old.cjs': "Object.defineProperty(process.versions, 'node', { value: '18.20.4' });\n",
      });
      await hosts.do(
        'h2',
        'sh',
        '-c',
        `chmod +x ${folder}/node && touch /run/node && mount -n --bind ${process.execPath} /run/node`,
      );
      await withNode(join(folder, 'node'), () => refused(both, 125, /^tsrun: host h2: Node\.js 18\.20\.4 .*20\.19/));
    });

    test('no tsmpi', () =>
      covered(join(PROJECT, 'dist'), 'tmpfs', () => refused(both, 125, /^tsrun: host h2: .*no tsmpi/)));

    test('another tsmpi', async () => {
      const folder = hosts.scripts({ 'package.json': '{ "name": "tsmpi", "version": "9.8.7", "type": "module" }' });
      await covered(join(PROJECT, 'package.json'), join(folder, 'package.json'), () =>
        refused(both, 125, /^tsrun: host h2: tsmpi 9\.8\.7 is there, this is \d/),
      );
    });

    test.each([
      ['tsrun was started in', []],
      ['--wdir names', ['--wdir', 'there']],
    ])('not the working directory that %s', async (_, args) => {
      const parent = hosts.scripts({ 'place/there/x': '' });
      const cwd = join(parent, 'place');
      const missing = args.length === 0 ? cwd : join(cwd, 'there');
      await covered(parent, 'tmpfs', async () => {
        const { code, stdout, stderr } = await hosts.tsrun([...both, ...args, script], { cwd });
        expect(stdout).toBe('');
        expect(stderr).toMatch(/^tsrun: rank 1 of 2 could not be started \(h2\)\n/);
        expect(stderr).toContain(`\nThe working directory ${missing} is not there; `);
        expect(code).toBe(125);
      });
    });

    test('start-up files that print without end', async () => {
      await hosts.do('h2', 'sh', '-c', 'echo "yes noise" > ~/.bashrc');
      await refused(both, 125, /^tsrun: host h2: .*start-up files/).finally(() =>
        hosts.do('h2', 'sh', '-c', 'rm ~/.bashrc'),
      );
    });
  });

  describe('is started nevertheless', () => {
    test('where start-up files are noisy', async () => {
      await hosts.do('h2', 'sh', '-c', 'echo "echo tsmpi-agent; echo noise >&2; printf half" > ~/.bashrc');
      const job = await hosts.tsrun(['-H', 'h1,h2', script]);
      await hosts.do('h2', 'sh', '-c', 'rm ~/.bashrc');
      expect(job).toMatchObject({ stdout: 'ran 2\nran 2\n', stderr: '', code: 0 });
    });

    test('where the login shell is another one', async () => {
      const passwd = await hosts.do('h2', 'sed', 's|^root:.*|root:x:0:0:root:/root:/bin/dash|', '/etc/passwd');
      const folder = hosts.scripts({ passwd });
      await covered('/etc/passwd', join(folder, 'passwd'), async () => {
        const job = await hosts.tsrun(['-H', 'h1,h2', script]);
        expect(job).toMatchObject({ stdout: 'ran 2\nran 2\n', stderr: '', code: 0 });
      });
    });

    test('where Node.js is not where it is here', async () => {
      await hosts.do('h2', 'sh', '-c', `touch /run/real && mount -n --bind ${process.execPath} /run/real`);
      await hosts.do(
        'h2',
        'sh',
        '-c',
        'printf "PATH=/run/bin:\\$PATH\\n" > ~/.bashrc; mkdir /run/bin; ln -s /run/real /run/bin/node',
      );
      await covered(process.execPath, '/dev/null', async () => {
        const job = await hosts.tsrun(['-H', 'h1,h2', script]);
        expect(job).toMatchObject({ stdout: 'ran 2\nran 2\n', stderr: '', code: 0 });
      });
      await hosts.do('h2', 'sh', '-c', 'rm ~/.bashrc');
    });
  });
});
