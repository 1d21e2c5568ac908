/** Between hosts: what is measured there, and that ranks on all of them choose alike. */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Measured } from '../../launcher/calibrate/file.ts';
import { measuredAt } from '../helpers/calibration.ts';
import { describeHosts } from '../helpers/describe-hosts.ts';
import { type Hosts, startHosts } from '../helpers/hosts.ts';

const DEADLINE = 170_000;

/** Every sized collective, with lengths on both sides of many switches, in `world` and in the communicator of each host. */
const PROGRAM = `import { world } from 'tsmpi';
const near = await world.splitType('shared');
for (const comm of [world, near]) {
  for (const bytes of [8, 2048, 30_000, 66_000, 400_000, 3_000_000]) {
    const array = new Float64Array(Math.ceil(bytes / 8 / comm.size) * comm.size).fill(1);
    const results = [
      await comm.allreduce(array),
      (await comm.reduce(array)) ?? array.map(() => comm.size),
      (await comm.bcast(comm.rank === 0 ? array : undefined)).map((value) => value * comm.size),
      await comm.reduceScatterBlock(array),
      (await comm.scan(array)).map((value) => value + comm.size - comm.rank - 1),
      (await comm.allgather(array)).reduce((sum, one) => sum.map((value, at) => value + one[at]), new Float64Array(array.length)),
    ];
    for (const [at, result] of results.entries()) {
      if (!result.every((value) => value === comm.size)) throw new Error(\`\${comm.name}, \${bytes} bytes: result \${at}\`);
    }
  }
}
if (world.rank === 0) console.log('right');
`;

describeHosts('across hosts', () => {
  let hosts: Hosts;
  beforeAll(async () => {
    hosts = await startHosts(2);
  });
  afterEach(() => hosts.quiet());
  afterAll(() => hosts?.close());

  test('tsrun calibrate measures with TLS and without', { timeout: DEADLINE }, async () => {
    const file = join(hosts.scripts({}), 'm.json');
    const args = ['calibrate', '--ssh', hosts.ssh, '-H', 'h1,h2', '--json', '-o', file];
    const { code, stdout } = await hosts.tsrun(args, { deadline: DEADLINE });
    expect(code).toBe(0);
    const { between } = JSON.parse(stdout) as Measured;
    expect(Object.keys(between)).toEqual(['tcp', 'tls']);
    for (const { latency, overhead } of Object.values(between)) expect(latency + overhead).toBeGreaterThan(1e-7);
  });

  test.each([21])('all ranks choose alike by any parameters: seed %i', async (seed) => {
    const cwd = hosts.scripts({ 'job.ts': PROGRAM });
    const model = measuredAt(join(cwd, 'm.json'), seed);
    const job = await hosts.tsrun(['-v', '-H', 'h1:2,h2:2', '--model', model, 'job.ts'], { cwd });
    expect(job).toMatchObject({ code: 0, stdout: 'right\n' });
    expect(job.stderr).toMatch(/the model chooses algorithms: shm and tls between hosts, measured/);
  });
});
