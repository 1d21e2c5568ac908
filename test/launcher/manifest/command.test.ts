import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { complaint, documents, objects, printed, words } from './printed.ts';

test('prints YAML and nothing else, with a fresh secret each time', async () => {
  const secrets = new Set<string>();
  for (let i = 0; i < 3; i++) {
    const text = await printed(words('k8s -n 2 --image i sum.ts'));
    const [secret, ...others] = documents(text);
    expect(others).toHaveLength(2);
    secrets.add(secret!.stringData.secret);
  }
  expect(secrets.size).toBe(3);
});

test('any text survives YAML, old and new', async () => {
  const line = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));
  const word = fc.oneof(
    line,
    fc.constantFrom('no', 'y', '~', '=', '<<', '0o17', '0777', '1_000', '12:30:45', '.inf', '1e3'),
  );
  await fc.assert(
    fc.asyncProperty(word, fc.array(word), async (value, args) => {
      const text = await printed([
        'k8s',
        '-n',
        '2',
        '--image',
        'i',
        '-x',
        `A=${value}`,
        's.ts',
        ...args.filter((arg) => arg !== ':'),
      ]);
      for (const version of ['1.1', '1.2'] as const) {
        const job = documents(text, version).at(-1)!;
        const [container] = job.spec.template.spec.containers;
        const plain = (escaped: string) => escaped.replaceAll('$$', '$');
        expect(plain(container.env.at(-1).value)).toBe(value);
        expect(container.args.slice(1).map(plain)).toEqual(args.filter((arg) => arg !== ':'));
      }
    }),
    { numRuns: 200 },
  );
});

test.each([
  ['manifest', ['--help']],
  ['manifest k8s', ['k8s', '--help']],
  ['its short form', ['k8s', '-n', '2', '-h']],
])('the help of %s lists the options', async (_, args) => {
  const text = await printed(args);
  for (const option of ['--image ', '--restarts ', '--np ', 'kubectl apply']) expect(text).toContain(option);
});

describe('wrong usage is said, with what would be right:', () => {
  test.each<[string, string]>([
    [
      '',
      'tsrun manifest: say for what: tsrun manifest k8s … prints a job for Kubernetes; tsrun manifest k8s --help says more',
    ],
    ['nomad', 'tsrun manifest nomad: there is no such kind: tsrun manifest k8s'],
    ['k8s', 'no script given: tsrun manifest k8s -n N --image IMAGE script [arguments…]'],
    ['k8s s.ts', 'tsrun manifest k8s needs -n N: how many ranks'],
    ['k8s -n 2 s.ts', 'tsrun manifest k8s needs --image IMAGE: the container image'],
    ['k8s -n 0 --image i s.ts', '-n 0: the number of ranks is an integer from 1 to 100000'],
    ['k8s -n 100001 --image i s.ts', 'from 1 to 100000'],
    ['k8s -n 2x --image i s.ts', '-n 2x: the number of ranks'],
    ['k8s -n 2 --restarts -1 --image i s.ts', '--restarts -1: the number of restarts is an integer from 0'],
    ['k8s -n 2 --port 80 --image i s.ts', '--port 80: the port of rank 0 is an integer from 1024 to 65535'],
    ['k8s -n 2 --port 65536 --image i s.ts', 'from 1024 to 65535'],
    ['k8s -n 2 --image= s.ts', '--image "": give the name of a container image'],
    ['k8s -n 2 --image -n s.ts', '--image -n: give the name of a container image'],
    [
      'k8s -n 2 --image i --name Sum s.ts',
      '--name Sum: a name begins with a-z, goes on with a-z, 0-9 and -, and does not end with -; how about sum?',
    ],
    ['k8s -n 2 --image i --name 1st s.ts', 'how about tsmpi-1st?'],
    [`k8s -n 12 --image i --name ${'a'.repeat(61)} s.ts`, 'give at most 60 letters'],
    [`k8s -n 12 --image i --restarts 1 --name ${'a'.repeat(47)} s.ts`, 'give at most 46 letters'],
    ['k8s -n 2 --image i --namespace A s.ts', '--namespace A: a namespace has up to 63 of a-z, 0-9 and -'],
    ['k8s -n 2 --image i --image-pull-secret A s.ts', '--image-pull-secret A: give the name of a Secret'],
    ['k8s -n 2 --image i --cpus 0 s.ts', '--cpus 0: give cores as 2, 0.5 or 500m'],
    ['k8s -n 2 --image i --cpus 0m s.ts', '--cpus 0m'],
    ['k8s -n 2 --image i --cpus 0.0001 s.ts', '--cpus 0.0001'],
    ['k8s -n 2 --image i --memory 4 s.ts', '--memory 4: give a size with its unit, as 512Mi or 4Gi'],
    ['k8s -n 2 --image i --memory 0Gi s.ts', '--memory 0Gi'],
    ['k8s -n 2 --image i --memory 4GB s.ts', '--memory 4GB'],
    ['k8s -n 2 --image i --tsrun= s.ts', '--tsrun "": give a command'],
    [
      'k8s -n 2 --image i -x HOME s.ts',
      '-x HOME: write -x HOME=VALUE: the pods do not see the variables of this machine',
    ],
    ['k8s -n 2 --image i -x 1A=2 s.ts', '-x 1A=2: a name has letters, digits, _, - and ., and no digit first'],
    ['k8s -n 2 --image i -x RANK=2 s.ts', '-x RANK: the manifest itself sets this variable'],
    ['k8s -n 2 --image i -x TSMPI_HOST=a s.ts', '-x TSMPI_HOST: the manifest itself sets this variable'],
    ['k8s -n 2 --image i a.ts : -n 3 b.ts', '":" is not available for manifests: all pods run one program'],
    ['k8s -n 2 --imag i s.ts', 'unknown option --imag: did you mean --image?'],
    ['k8s -n 2 --frobnicate s.ts', 'unknown option --frobnicate: tsrun manifest k8s --help lists the options'],
    ['k8s -n 2 --image', '--image needs a value: --image IMAGE'],
  ])('%s', async (line, message) => {
    expect(await complaint(words(line))).toContain(message);
  });
});

test('what tsrun itself may be told, its ranks may be told here', async () => {
  const { Job } = await objects('-n 2 --image i -x TSMPI_ALGORITHMS=allreduce=ring s.ts');
  expect(Job.spec.template.spec.containers[0].env.at(-1)).toEqual({
    name: 'TSMPI_ALGORITHMS',
    value: 'allreduce=ring',
  });
});
