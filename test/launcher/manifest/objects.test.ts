/** What no schema says: that the objects belong together, and that pod 0 has the name under which the others look for it. */
import { describe, expect, test } from 'vitest';
import { type Loose, objects } from './printed.ts';

const LINE = '-n 8 --image me/sum:1 sum.ts';

/** The pods' template, in a Job or in a JobSet. */
async function templateOf(line: string | readonly string[]) {
  const { Job, JobSet } = await objects(line);
  return (Job ?? JobSet.spec.replicatedJobs[0].template).spec.template;
}

async function containerOf(line: string | readonly string[]) {
  return (await templateOf(line)).spec.containers[0];
}

async function environmentOf(line: string | readonly string[]): Promise<Record<string, string>> {
  const { env } = await containerOf(line);
  return Object.fromEntries(env.map((one: Loose) => [one.name, one.value ?? one.valueFrom.fieldRef.fieldPath]));
}

describe('a Job', () => {
  test('has a pod for each rank, all at once, and none is replaced', async () => {
    const { Job } = await objects(LINE);
    expect(Job.spec).toMatchObject({ completionMode: 'Indexed', completions: 8, parallelism: 8, backoffLimit: 0 });
    expect(Job.spec.template.spec.restartPolicy).toBe('Never');
  });

  test('has a headless Service that selects its pods and is their subdomain, before they are ready', async () => {
    const { Job, Service } = await objects(LINE);
    const { template } = Job.spec;
    expect(Service.spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    expect(template.metadata.labels).toMatchObject(Service.spec.selector);
    expect(Object.keys(Service.spec.selector)).not.toEqual([]);
    expect(template.spec.subdomain).toBe(Service.metadata.name);
  });

  test('tells its ranks who they are, and where rank 0 is: <job>-<index>.<subdomain>', async () => {
    const { Job } = await objects(LINE);
    expect(await environmentOf(LINE)).toEqual({
      RANK: "metadata.annotations['batch.kubernetes.io/job-completion-index']",
      WORLD_SIZE: '8',
      MASTER_ADDR: `${Job.metadata.name}-0.${Job.spec.template.spec.subdomain}`,
      MASTER_PORT: '29500',
      TSMPI_SECRET_FILE: '/var/run/secrets/tsmpi/secret',
      TSMPI_RENDEZVOUS_TIMEOUT: '300',
    });
  });
});

describe('a JobSet', () => {
  const RESTARTED = `--restarts 3 ${LINE}`;

  test('starts its one Job again when it fails, and makes the Service itself', async () => {
    const { JobSet, Service } = await objects(RESTARTED);
    expect(Service).toBeUndefined();
    expect(JobSet.spec.failurePolicy).toEqual({ maxRestarts: 3 });
    expect(JobSet.spec.network).toEqual({ enableDNSHostnames: true, subdomain: 'sum', publishNotReadyAddresses: true });
    const [group, ...more] = JobSet.spec.replicatedJobs;
    expect(more).toEqual([]);
    expect(group.replicas).toBe(1);
    expect(group.template.spec).toMatchObject({
      completionMode: 'Indexed',
      completions: 8,
      parallelism: 8,
      backoffLimit: 0,
    });
    expect(group.template.spec.template.spec.restartPolicy).toBe('Never');
  });

  test('tells its ranks the restart, and where rank 0 is: <jobset>-<group>-<job>-<index>.<subdomain>', async () => {
    const { JobSet } = await objects(RESTARTED);
    const { replicatedJobs, network } = JobSet.spec;
    expect(await environmentOf(RESTARTED)).toMatchObject({
      MASTER_ADDR: `${JobSet.metadata.name}-${replicatedJobs[0].name}-0-0.${network.subdomain}`,
      TSMPI_RESTART: "metadata.annotations['jobset.sigs.k8s.io/restart-attempt']",
    });
  });
});

describe.each(['', '--restarts 1 '])('with "%s"', (restarts) => {
  test('the Secret is 256 bits, cannot be changed, and is the file that the variable names', async () => {
    const line = restarts + LINE;
    const { Secret } = await objects(line);
    expect(Secret).toMatchObject({ immutable: true, type: 'Opaque' });
    const [[key, secret]] = Object.entries<string>(Secret.stringData) as [[string, string]];
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    const { spec } = await templateOf(line);
    expect(spec.volumes).toEqual([
      { name: 'secret', secret: { secretName: Secret.metadata.name, defaultMode: 0o400 } },
    ]);
    expect(spec.containers[0].volumeMounts).toEqual([
      { name: 'secret', mountPath: '/var/run/secrets/tsmpi', readOnly: true },
    ]);
    expect((await environmentOf(line)).TSMPI_SECRET_FILE).toBe(`/var/run/secrets/tsmpi/${key}`);
    // Files of a Secret belong to root: without a group, an image with a user of its own could not read this one.
    expect(spec.securityContext.fsGroup).toBeGreaterThan(0);
  });

  test('no pod gets more rights than it needs', async () => {
    const { spec } = await templateOf(restarts + LINE);
    expect(spec).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
    expect(spec.securityContext.seccompProfile).toEqual({ type: 'RuntimeDefault' });
    expect(spec.containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
  });

  test('all objects are in the namespace, and carry the label that finds them', async () => {
    for (const { metadata } of Object.values(await objects(`--namespace hpc --name heat ${restarts}${LINE}`))) {
      expect(metadata.namespace).toBe('hpc');
      expect(metadata.labels).toEqual({ 'app.kubernetes.io/name': 'heat' });
    }
    for (const { metadata } of Object.values(await objects(restarts + LINE))) {
      expect(metadata).not.toHaveProperty('namespace');
    }
  });
});

describe('the command', () => {
  test('is the tsrun that is installed beside the script, without a shell', async () => {
    expect(await containerOf('-n 2 --image i a/sum.ts -v data.npy')).toMatchObject({
      command: ['node_modules/.bin/tsrun'],
      args: ['a/sum.ts', '-v', 'data.npy'],
    });
  });

  test('may be another, with options', async () => {
    const args = ['-n', '2', '--image', 'i', '--tsrun', ' tsrun  --timeout 60 ', '--wdir', '/data set', '--', '-s.ts'];
    expect(await containerOf(args)).toMatchObject({
      command: ['tsrun'],
      args: ['--timeout', '60', '--wdir', '/data set', '--', '-s.ts'],
    });
  });

  test('and the variables reach the rank letter for letter: Kubernetes would replace $(NAME)', async () => {
    const container = await containerOf(['-n', '2', '--image', 'i', '-x', 'A=$(RANK)$$', 's.ts', '$(RANK)', '$$1']);
    expect(container.args).toEqual(['s.ts', '$$(RANK)', '$$$$1']);
    expect(container.env.at(-1)).toEqual({ name: 'A', value: '$$(RANK)$$$$' });
  });
});

test('cores and memory are requested and limited alike; nothing is said where nothing is asked for', async () => {
  const amounts = { cpu: '0.5', memory: '512Mi' };
  const container = await containerOf(`--cpus 0.5 --memory 512Mi ${LINE}`);
  expect(container.resources).toEqual({ requests: amounts, limits: amounts });
  expect((await containerOf(`--cpus 500m ${LINE}`)).resources.limits).toEqual({ cpu: '500m' });
  expect(await containerOf(LINE)).not.toHaveProperty('resources');
});

test('the port is the same on either side', async () => {
  const { Service } = await objects(`--port 4000 ${LINE}`);
  expect(Service.spec.ports).toEqual([{ name: 'rendezvous', port: 4000 }]);
  expect((await environmentOf(`--port 4000 ${LINE}`)).MASTER_PORT).toBe('4000');
});

test('a private registry is opened with the Secrets that are named', async () => {
  const { spec } = await templateOf(`--image-pull-secret a --image-pull-secret b.c ${LINE}`);
  expect(spec.imagePullSecrets).toEqual([{ name: 'a' }, { name: 'b.c' }]);
});

test('of two values for one variable the last counts', async () => {
  expect(await environmentOf(`-x A=1 -x B= -x A=2=3 ${LINE}`)).toMatchObject({ A: '2=3', B: '' });
});
