/** How long a job takes to start on several hosts, beside the same ranks on this machine. Measured and printed; what is asserted is what it computed. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeHosts } from '../helpers/describe-hosts.ts';
import { type Hosts, startHosts } from '../helpers/hosts.ts';
import { tsrun } from '../helpers/tsrun.ts';

const PAIRS = 5;

describeHosts('a job of 16 ranks', () => {
  let hosts: Hosts;
  beforeAll(async () => {
    hosts = await startHosts(4);
  });
  afterAll(() => hosts?.close());

  test('on 4 hosts and on one', async () => {
    const cwd = hosts.scripts({
      'job.ts': `import { SUM, world } from 'tsmpi';\nconst sum = await world.allreduce(world.rank, SUM);\nif (world.rank === 0) console.log(sum);\n`,
    });
    const times: { across: number; local: number }[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      const local = await tsrun(['-n', '16', 'job.ts'], { cwd });
      const across = await hosts.tsrun(['-H', 'h1:4,h2:4,h3:4,h4:4', 'job.ts'], { cwd });
      expect([local.stdout, across.stdout]).toEqual(['120\n', '120\n']);
      times.push({ across: across.elapsed, local: local.elapsed });
    }
    const middle = (values: number[]): number => values.sort((a, b) => a - b)[PAIRS >> 1]!;
    const [across, local] = [middle(times.map((one) => one.across)), middle(times.map((one) => one.local))];
    const ratio = middle(times.map((one) => one.across / one.local));
    console.log(
      `16 ranks from command to prompt, medians of ${PAIRS}: 4 hosts ${across.toFixed(0)} ms, one host ${local.toFixed(0)} ms, ratio ${ratio.toFixed(2)}`,
    );
  });
});
