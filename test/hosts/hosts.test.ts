/** The hosts themselves: what the other tests of this folder rely on. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeHosts } from '../helpers/describe-hosts.ts';
import { type Hosts, startHosts } from '../helpers/hosts.ts';
import { allGone } from '../helpers/tsrun.ts';

describeHosts('hosts inside this machine', () => {
  let hosts: Hosts;
  beforeAll(async () => {
    hosts = await startHosts(2, { secondNetwork: true });
  });
  afterEach(() => hosts.quiet());
  afterAll(() => hosts?.close());

  function ssh(host: string, options: string[], ...words: string[]) {
    const strict = ['-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes', '-o', 'ConnectTimeout=5'];
    return hosts.run('login', [...hosts.ssh.split(' '), ...strict, ...options, host, ...words]);
  }

  test('know each other by name, and by address on every network', async () => {
    expect(await ssh('h1', [], 'hostname')).toEqual({ code: 0, stdout: 'h1\n', stderr: '' });
    expect(await ssh('h2-b', [], 'hostname')).toEqual({ code: 0, stdout: 'h2\n', stderr: '' });
    expect(await ssh(hosts.address('h2'), [], 'hostname')).toMatchObject({ code: 0, stdout: 'h2\n' });
    expect(await ssh(hosts.address('h1', 2), [], 'hostname')).toMatchObject({ code: 0, stdout: 'h1\n' });
    expect(await ssh('h3', [], 'hostname')).toMatchObject({ code: 255, stderr: expect.stringContaining('not known') });
  });

  test('let in only who has the key, and are trusted only with theirs', async () => {
    await hosts.do('login', 'ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', '/tmp/other');
    const noUser = await ssh(
      'h1',
      ['-F', 'none', '-o', `UserKnownHostsFile=${hosts.folder}/known_hosts`, '-i', '/tmp/other'],
      'true',
    );
    expect(noUser).toMatchObject({ code: 255, stderr: expect.stringContaining('Permission denied') });
    const noHost = await ssh('h1', ['-o', 'UserKnownHostsFile=/dev/null'], 'true');
    expect(noHost).toMatchObject({ code: 255, stderr: expect.stringContaining('Host key verification failed') });
  });

  test('share the project and one folder, and nothing of what jobs leave behind', async () => {
    const folder = hosts.scripts({ 'a.txt': 'shared' });
    expect(await hosts.do('h2', 'cat', join(folder, 'a.txt'), join(import.meta.dirname, 'hosts.test.ts'))).toContain(
      'shared/**',
    );
    for (const place of ['/tmp', '/dev/shm', '/run']) {
      await hosts.do('h1', 'touch', `${place}/left`);
      expect((await hosts.run('h2', ['test', '-e', `${place}/left`])).code).toBe(1);
      expect(existsSync(`${place}/left`)).toBe(false);
    }
  });

  test('have interfaces that others have, too, and a name that leads to loopback', async () => {
    const interfaces = await hosts.do('h2', process.execPath, '-p', 'JSON.stringify(os.networkInterfaces())');
    const addresses = Object.entries<{ address: string }[]>(JSON.parse(interfaces)).map(([name, [first]]) => [
      name,
      first?.address,
    ]);
    expect(Object.fromEntries(addresses)).toMatchObject({
      lo: '127.0.0.1',
      eth0: hosts.address('h2'),
      eth1: hosts.address('h2', 2),
      docker0: '172.17.0.1',
    });
    expect(await hosts.do('h2', 'getent', 'hosts', 'h2')).toMatch(/^127\.0\.1\.1 /);
  });

  test('say what runs on them, which has their own process ids', async () => {
    const job = hosts.run('h1', ['sh', '-c', 'echo $$; exec sleep 30.25']);
    await expect.poll(() => hosts.processes('h1').map(({ command }) => command)).toContain('sleep 30.25');
    const found = hosts.processes('h1').find(({ command }) => command === 'sleep 30.25')!;
    expect(found.pid).toBeLessThan(1000);
    expect(hosts.processes('h2')).toEqual([]);
    await expect(hosts.quiet(0)).rejects.toThrow(`h1 ${found.pid} sleep 30.25`);
    // It has been killed for that.
    expect((await job).stdout).toBe(`${found.pid}\n`);
  });

  test('show what passes between them', async () => {
    const capture = await hosts.capture(2);
    await hosts.do('h1', 'sh', '-c', `echo left right | bash -c 'cat > /dev/tcp/${hosts.address('h2', 2)}/22'`);
    const bytes = await capture.stop();
    expect(bytes.includes('left right')).toBe(true);
    expect(bytes.includes('SSH-2.0')).toBe(true);
  });

  test('cannot be heard without their cable', async () => {
    const session = ssh('h2', ['-o', 'ServerAliveInterval=1', '-o', 'ServerAliveCountMax=1'], 'echo here; sleep 30');
    await expect.poll(() => hosts.processes('h2').map(({ command }) => command)).toContain('sleep 30');
    await hosts.pull('h2');
    expect(await session).toMatchObject({ code: 255, stderr: expect.stringContaining('not responding') });
    await hosts.plug('h2');
    hosts.killSsh('h2');
    expect(await ssh('h2', [], 'hostname')).toMatchObject({ code: 0 });
    await hosts.do('h2', 'pkill', 'sleep');
  });

  test.each(['closed', 'killed'])(
    'are gone without a trace when they are closed, and when who started them is killed: %s',
    async (end) => {
      const helpers = join(import.meta.dirname, '../helpers/hosts.ts');
      const folder = hosts.scripts({
        'start.mts': `import { startHosts } from ${JSON.stringify(helpers)};
const hosts = await startHosts(1);
hosts.run('h1', ['sh', '-c', 'setsid sleep 1000 & sleep 1000']);
process.on('SIGTERM', () => hosts.close().then(() => process.exit(0)));
while (hosts.processes('h1').length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
console.log(hosts.folder);
`,
      });
      const child = spawn(process.execPath, ['--import', 'tsx', join(folder, 'start.mts')], {
        cwd: import.meta.dirname,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = await once(child.stdout, 'data');
      const started = descendants(child.pid!);
      expect(started.length).toBeGreaterThan(10);
      child.kill(end === 'closed' ? 'SIGTERM' : 'SIGKILL');
      await once(child, 'exit');
      await allGone(started);
      expect(existsSync(String(line).trim())).toBe(false);
    },
  );
});

/** The processes that a process has started, and those that they have. */
function descendants(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}
