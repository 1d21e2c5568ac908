/** The network between hosts: which one is taken, which ports, and what can be read on the way. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { describeHosts } from '../helpers/describe-hosts.ts';
import { type Hosts, startHosts } from '../helpers/hosts.ts';

describeHosts('the network between hosts', () => {
  let hosts: Hosts;
  beforeAll(async () => {
    hosts = await startHosts(2, { secondNetwork: true });
  });
  afterEach(() => hosts.quiet());
  afterAll(() => hosts?.close());

  describe('seen from the cable', () => {
    const TEXT = 'what nobody else is meant to read';
    /** As bytes of a Uint32Array. */
    const NUMBERS = Buffer.from(new Uint32Array(16).fill(0xc0ffee42).buffer);
    const files = {
      'talk.ts': `import { world, SUM } from 'tsmpi';
const text = ${JSON.stringify(TEXT)};
const other = 1 - world.rank;
const [a, b] = await Promise.all([
  world.sendrecv({ text, list: [text] }, other, other),
  world.sendrecv(new Uint32Array(300_000).fill(0xc0ffee42), other, other),
]);
console.log(text, a.text === text, b[299_999] === 0xc0ffee42, await world.allreduce(1, SUM));
`,
      // The ssh command, with everything that tsrun says to it in a file.
      'ssh-tee': '#!/bin/bash\nexec ssh "$@" < <(exec tee -a /tmp/said)\n',
    };

    async function record(...options: string[]) {
      const cwd = hosts.scripts(files);
      chmodSync(join(cwd, 'ssh-tee'), 0o755);
      const ssh = hosts.ssh.replace('ssh', join(cwd, 'ssh-tee'));
      const capture = await hosts.capture();
      const job = await hosts.tsrun(['--ssh', ssh, '-H', 'h1,h2', ...options, 'talk.ts'], { cwd });
      const bytes = await capture.stop();
      expect(job).toMatchObject({ code: 0, stdout: `${TEXT} true true 2\n`.repeat(2), stderr: '' });
      const said = await hosts.do('login', 'sh', '-c', 'cat /tmp/said; rm /tmp/said');
      const secret = said.match(/"secret":"([0-9a-f]{64})"/)![1]!;
      return { bytes, secret };
    }

    test('neither messages nor output nor the secret of the job can be read', async () => {
      const { bytes, secret } = await record();
      expect(bytes.length).toBeGreaterThan(2_400_000);
      expect(bytes.includes(TEXT)).toBe(false);
      expect(bytes.includes(NUMBERS)).toBe(false);
      expect(bytes.includes(secret)).toBe(false);
      expect(bytes.includes(Buffer.from(secret, 'hex'))).toBe(false);
    });

    test('with --tls off messages can be read; output and the secret cannot', async () => {
      const { bytes, secret } = await record('--tls', 'off');
      expect(bytes.includes(TEXT)).toBe(true);
      expect(bytes.includes(NUMBERS)).toBe(true);
      expect(bytes.includes(secret)).toBe(false);
      expect(bytes.includes(Buffer.from(secret, 'hex'))).toBe(false);
    });
  });

  describe('is', () => {
    // Each rank prints where its host listens, beside sshd.
    const files = {
      'listen.ts': `import { execFileSync } from 'node:child_process';
import { SUM, world } from 'tsmpi';
await world.allreduce(1, SUM);
const lines = execFileSync('ss', ['-Htln'], { encoding: 'utf8' }).trim().split('\\n');
const all = await world.gather(lines.map((line) => line.split(/\\s+/)[3]).filter((place) => !place?.endsWith(':22')));
if (all) console.log(JSON.stringify(all));
await world.barrier();
`,
    };

    async function listening(args: string[], host = 'login'): Promise<string[][]> {
      const cwd = hosts.scripts(files);
      const { code, stdout, stderr } = await hosts.tsrun([...args, 'listen.ts'], { cwd, host });
      expect(stderr).toBe('');
      expect(code).toBe(0);
      return JSON.parse(stdout);
    }
    const addresses = (places: string[][]) =>
      places.map((list) => [...new Set(list.map((place) => place.split(':')[0]))]);

    test.each<[string, string[], string, number]>([
      ['the one that the hosts were reached by', ['-H', 'h1,h2'], 'login', 1],
      ['that one also where tsrun runs on one of the hosts', ['-H', 'h1,h2'], 'h1', 1],
      ['another one, if they were reached by that', ['-H', 'h1-b,h2-b'], 'login', 2],
      ['the one of --interface NAME', ['-H', 'h1,h2', '--interface', 'eth1'], 'login', 2],
      ['the one of --interface NAME on the own host, too', ['-H', 'h1,h2', '--interface', 'eth1'], 'h1', 2],
      ['the one of --interface CIDR', ['-H', 'h1,h2', '--interface', '10.77.2.0/24'], 'login', 2],
    ])('%s', async (_, args, host, network) => {
      expect(addresses(await listening(args, host))).toEqual(hosts.names.map((name) => [hosts.address(name, network)]));
    });

    test('used with ports of --port-range only', async () => {
      const places = await listening(['-H', 'h1:2,h2:2', '--port-range', '41000-41002']);
      for (const list of places) {
        expect(list).toHaveLength(2);
        for (const place of list) expect(place).toMatch(/:4100[012]$/);
      }
    });
  });

  describe('is refused', () => {
    const files = { 'job.ts': "import { SUM, world } from 'tsmpi';\nawait world.allreduce(1, SUM);\n" };

    async function refused(...args: string[]) {
      const { code, stdout, stderr } = await hosts.tsrun([...args, 'job.ts'], { cwd: hosts.scripts(files) });
      expect(stdout).toBe('');
      return { code, stderr };
    }

    test('where the interface is not there', async () => {
      const { code, stderr } = await refused('-H', 'h1,h2', '--interface', 'ib7');
      expect(stderr).toMatch(/^tsrun: host h[12]: .*ib7.*eth0.*\n$/);
      expect(code).toBe(125);
    });

    test('where no address is in the network', async () => {
      const { code, stderr } = await refused('-H', 'h1,h2', '--interface', '192.168.7.0/24');
      expect(stderr).toMatch(/^tsrun: host h[12]: .*192\.168\.7\.0\/24.*\n$/);
      expect(code).toBe(125);
    });

    test('where it leads to no other host', async () => {
      const { code, stderr } = await refused('-H', 'h1,h2', '--interface', 'docker0');
      expect(stderr).toContain('172.17.0.1');
      expect(code).not.toBe(0);
    });

    test('where no port of the range is free', async () => {
      const listener = `for (const port of [42000, 42001]) require('net').createServer().listen(port, () => console.log(port))`;
      const occupied = hosts.run('h2', [process.execPath, '-e', listener]);
      await expect.poll(() => hosts.do('h2', 'ss', '-Htln')).toMatch(/4200[01][\s\S]*4200[01]/);
      try {
        const { code, stderr } = await refused('-H', 'h1,h2', '--port-range', '42000-42001');
        expect(stderr).toMatch(
          /^tsrun: rank 1 of 2 failed \(h2, pid \d+\)\nMpiError \[ERR_LAUNCH\]: .*ports 42000 to 42001/,
        );
        expect(code).toBe(1);
      } finally {
        const listening = hosts.processes('h2').find(({ command }) => command.startsWith(process.execPath));
        process.kill(listening!.outer);
        await occupied;
      }
    });

    test('where the range is too narrow', async () => {
      const { code, stderr } = await refused('-H', 'h1:3,h2:2', '--port-range', '42000-42001');
      expect(stderr).toMatch(/^tsrun: .*42000-42001.*h1.*\n$/);
      expect(code).toBe(2);
    });
  });
});
