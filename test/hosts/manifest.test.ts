/** What a manifest gives to its pods makes a job of them: hosts stand for the pods, and this file for Kubernetes. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeHosts } from '../helpers/describe-hosts.ts';
import { type Hosts, type Output, startHosts } from '../helpers/hosts.ts';
import { TSRUN } from '../helpers/tsrun.ts';
import { type Loose, objects } from '../launcher/manifest/printed.ts';

const FILES = {
  'sum.ts': `import { world, SUM } from 'tsmpi';
const total = await world.allreduce(world.rank + 1, SUM);
console.log(world.rank, world.size, world.restart, total, process.cwd(), process.env.COLOUR, ...process.argv.slice(2));
`,
  'fail.ts': `import { world } from 'tsmpi';
await world.barrier();
if (world.rank === 1) throw new Error('no more');
await world.recv(1, 0);
`,
};

/** As Kubernetes replaces references in commands and variables; none of ours names a variable. */
const expanded = (text: string) => text.replaceAll('$$', '$');

describeHosts('the pods of a manifest', () => {
  let hosts: Hosts;
  let cwd: string;
  beforeAll(async () => {
    hosts = await startHosts(3);
    cwd = hosts.scripts(FILES);
  });
  afterEach(() => hosts.quiet());
  afterAll(() => hosts?.close());

  /** By rank. @param annotations - what the controllers write on the pods; a function of the rank. */
  async function runPods(args: string[], annotations: Record<string, (rank: number) => string>): Promise<Output[]> {
    const image = ['--image', 'i', '--tsrun', `${process.execPath} ${TSRUN}`];
    const { Secret, Job, JobSet } = await objects(['-n', '3', ...image, ...args]);
    const { spec } = (Job ?? JobSet.spec.replicatedJobs[0].template).spec.template;
    const [container] = spec.containers;
    const [mount] = container.volumeMounts;
    const [[key, secret]] = Object.entries<string>(Secret.stringData) as [[string, string]];
    const textOf = ({ value, valueFrom }: Loose, rank: number): string => {
      if (value !== undefined) return expanded(value);
      const [, annotation] = /^metadata\.annotations\['(.*)'\]$/.exec(valueFrom.fieldRef.fieldPath) ?? [];
      return annotations[annotation!]!(rank);
    };
    return Promise.all(
      hosts.names.map(async (host, rank) => {
        const master = container.env.find(({ name }: Loose) => name === 'MASTER_ADDR').value;
        appendFileSync(join(hosts.folder, host, 'hosts'), `${hosts.address('h1')} ${master}\n`);
        const file = `${mount.mountPath}/${key}`;
        await hosts.do(host, 'sh', '-c', `mkdir -p ${mount.mountPath} && rm -f ${file} && printf ${secret} >${file}`);
        await hosts.do(host, 'chmod', '440', file);
        const env = container.env.map((one: Loose) => `${one.name}=${textOf(one, rank)}`);
        return hosts.run(host, ['env', '-C', cwd, ...env, ...[...container.command, ...container.args].map(expanded)]);
      }),
    );
  }

  const index = { 'batch.kubernetes.io/job-completion-index': String };

  test('of a Job are its ranks', async () => {
    const outputs = await runPods(['-x', 'COLOUR=$(RANK)', '--wdir', '/', 'sum.ts', '$HOME'], index);
    expect(outputs).toEqual(
      [0, 1, 2].map((rank) => ({ code: 0, stdout: `${rank} 3 0 6 / $(RANK) $HOME\n`, stderr: '' })),
    );
  });

  test('of a JobSet know how often they were started again', async () => {
    const annotations = { ...index, 'jobset.sigs.k8s.io/restart-attempt': () => '2' };
    const outputs = await runPods(['--restarts', '3', '--port', '4000', 'sum.ts'], annotations);
    expect(outputs.map(({ code, stdout }) => [code, stdout])).toEqual(
      [0, 1, 2].map((rank) => [0, `${rank} 3 2 6 ${cwd} undefined\n`]),
    );
  });

  test('fail together, and that of rank 0 says why', async () => {
    const outputs = await runPods(['fail.ts'], index);
    expect(outputs.map(({ code }) => code)).toEqual([1, 1, 1]);
    expect(outputs[0]!.stderr).toMatch(/^tsrun: rank 1 of 3 failed \(h2, pid \d+\)\nError: no more\n/);
    expect(outputs[0]!.stderr).toContain('fail.ts:3');
  });
});
