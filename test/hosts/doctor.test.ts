/** `tsrun doctor` looks at hosts over ssh, and tries the ways between them. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeHosts } from '../helpers/describe-hosts.ts';
import { type Hosts, startHosts } from '../helpers/hosts.ts';
import { noSlurm, type Slurm, startSlurm } from '../helpers/slurm.ts';

describeHosts('the doctor', () => {
  let hosts: Hosts;
  beforeAll(async () => {
    hosts = await startHosts(3, { secondNetwork: true });
  });
  afterEach(() => hosts.quiet());
  afterAll(() => hosts?.close());

  const doctor = (...args: string[]) => hosts.tsrun(['doctor', '--ssh', hosts.ssh, ...args]);

  test('finds nothing wrong with hosts that are well, and says what it saw', async () => {
    const { code, stdout, stderr } = await doctor('-H', 'h1,h2,h3');
    expect(stderr).toBe('');
    for (const title of ['login (this machine)', 'h1', 'h2', 'h3', 'all hosts'])
      expect(stdout.split('\n')).toContain(title);
    expect(stdout).toMatch(/^ {2}ok +address +10\.77\.1\.1 \(eth0\)$/m);
    expect(stdout).toMatch(/^ {2}ok +connections +6 ways, all open$/m);
    expect(stdout).toMatch(/^ {2}ok +clocks /m);
    expect(stdout).not.toContain('problem');
    expect(code).toBe(0);
  });

  test('is one JSON document where that is asked for', async () => {
    const { code, stdout } = await doctor('-H', 'login,h1:2', '--json', '--port-range', '47000-47007');
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ problems: 0, hosts: [{ name: 'login' }, { name: 'h1' }] });
    expect(document.hosts[1].facts).toMatchObject({ hostname: 'h1', network: { address: hosts.address('h1') } });
    const places = document.attempts.map(({ from, to, place }: Record<string, string>) => `${from} ${to} ${place}`);
    expect(places).toEqual([`login h1 ${hosts.address('h1')}:47000`, `h1 login ${hosts.address('login')}:47000`]);
    expect(code).toBe(0);
  });

  test('finds a host that cannot be reached, and still looks at the others', async () => {
    const { code, stdout } = await doctor('-H', 'h1,nowhere');
    expect(stdout).toMatch(/^nowhere\n {2}problem +agent +\S.*\n +→ \S/m);
    expect(stdout).toMatch(/^ {2}ok +address +10\.77\.1\.1 /m);
    expect(code).toBe(1);
  });

  test('finds a way that is closed between two hosts that tsrun itself reaches', async () => {
    await hosts.do('h1', 'ip', 'route', 'add', 'prohibit', hosts.address('h2'));
    try {
      const { code, stdout } = await doctor('-H', 'h1,h2,h3');
      expect(stdout).toMatch(/^ {2}problem +connections +h2 is not reached at 10\.77\.1\.2:\d+: .*; from h1$/m);
      expect(stdout).toMatch(/firewall/);
      expect(code).toBe(1);
    } finally {
      await hosts.do('h1', 'ip', 'route', 'del', 'prohibit', hosts.address('h2'));
    }
  });

  test('warns of a network that every host has to itself', async () => {
    const { code, stdout } = await doctor('-H', 'h1,h2', '--interface', '172.17.0.0/16');
    expect(stdout).toMatch(/^ {2}warning +address +172\.17\.0\.1 \(docker0\) is a network inside this host/m);
    expect(stdout).toMatch(/^ +→ choose another: --interface eth0, or --interface eth1$/m);
    expect(stdout).toMatch(/^ {2}problem +address +172\.17\.0\.1 is the address of h1 and h2$/m);
    expect(code).toBe(1);
  });

  test('sees that ports are taken', async () => {
    const { code, stdout } = await doctor('-H', 'h1,h2', '--port-range', '22-22', '-n', '6');
    expect(stdout).toMatch(/^ {2}problem +ports +nothing can listen at 10\.77\.1\.1: no port from 22 to 22 is free$/m);
    expect(stdout).toMatch(/^ {2}problem +ports +1 port, 22 to 22, for 3 ranks that take one each$/m);
    expect(code).toBe(1);
  });
});

describeHosts(
  'the doctor in an allocation of Slurm',
  () => {
    let slurm: Slurm;
    beforeAll(async () => {
      slurm = await startSlurm();
    });
    afterAll(() => slurm?.close());

    test('looks at its nodes over srun', async () => {
      const { code, stdout } = await slurm.tsrun(['salloc', '-Q', '-N2', '-n4'], ['doctor']).result;
      const titles = stdout.split('\n').filter((line) => /^\S/.test(line));
      expect(titles.slice(0, 4)).toEqual(['login (this machine)', 'h1', 'h2', 'all hosts']);
      expect(stdout).toMatch(/^ {2}ok +Slurm +allocation \d+ of 2 nodes$/m);
      expect(stdout).toMatch(/^ {2}ok +connections +2 ways, all open$/m);
      expect(code).toBe(0);
      await slurm.quiet();
    });
  },
  noSlurm(),
);
