/**
 * What is printed is what Kubernetes' published API allows, strictly: kubernetes-types is its OpenAPI document as TypeScript, and
 * TypeScript refuses in a literal what the type does not have. Of JobSet no package has the schema: its few fields stand by hand, from its
 * reference, in launcher/manifest/objects.ts; the Job in it is checked like any other.
 */
import { resolve } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { documents, type Loose, objects, printed, words } from './printed.ts';

const TYPES: Record<string, string> = {
  'v1 Secret': "import('kubernetes-types/core/v1.js').Secret",
  'v1 Service': "import('kubernetes-types/core/v1.js').Service",
  'batch/v1 Job': "import('kubernetes-types/batch/v1.js').Job",
  'jobset.x-k8s.io/v1alpha2 JobSet': "import('../../../launcher/manifest/objects.ts').JobSet",
};

/** What the compiler says of each object as a literal of its type; '' where it says nothing. */
function violations(values: readonly Loose[]): string[] {
  const path = resolve(import.meta.dirname, 'literals.ts');
  const lines = values.map((value, index) => {
    const type = TYPES[`${value.apiVersion} ${value.kind}`];
    if (type === undefined) throw new Error(`${value.apiVersion} ${value.kind} is none of ${Object.keys(TYPES)}`);
    return `export const value${index}: ${type} = ${JSON.stringify(value)};`;
  });
  const file = ts.createSourceFile(path, lines.join('\n'), ts.ScriptTarget.ES2023);
  const options: ts.CompilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    types: ['node'],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (name, ...rest) => (name === path ? file : getSourceFile(name, ...rest));
  const found = lines.map(() => '');
  for (const { start, messageText } of ts.createProgram([path], options, host).getSemanticDiagnostics(file)) {
    const { line } = file.getLineAndCharacterOfPosition(start!);
    found[line] += `${ts.flattenDiagnosticMessageText(messageText, '\n')}\n`;
  }
  return found;
}

const FULL =
  '-n 8 --image registry.example/me/sum:1 --name sum --namespace hpc --cpus 2 --memory 4Gi --port 4000 ' +
  '--image-pull-secret one --image-pull-secret two -x DEBUG=1 --wdir /data sum.ts a b';

test('every object is what the API allows', async () => {
  const lines = ['-n 1 --image sum sum.ts', FULL, '-n 4 --image sum --restarts 1 sum.ts', `--restarts 3 ${FULL}`];
  const all = (await Promise.all(lines.map((line) => printed(words(`k8s ${line}`))))).flatMap((text) =>
    documents(text),
  );
  const [job, jobSet] = [
    ['Secret', 'Service', 'Job'],
    ['Secret', 'JobSet'],
  ] as const;
  expect(all.map(({ kind }) => kind)).toEqual([...job, ...job, ...jobSet, ...jobSet]);
  expect(violations(all)).toEqual(all.map(() => ''));
});

/** A change to one object, and what the check has to say of it. */
const MISTAKES: [kind: string, change: (object: Loose) => void, complaint: RegExp][] = [
  ['Job', ({ spec }) => (spec.completion = 3), /completion.+ does not exist in type 'JobSpec'/],
  ['Job', ({ spec }) => (spec.template.spec.containers[0].envs = []), /envs.+ does not exist in type 'Container'/],
  ['Job', ({ spec }) => (spec.template.spec.containers[0].env[1].value = 8), /'number' is not assignable/],
  ['Job', ({ spec }) => delete spec.template.spec.containers[0].name, /'name' is missing/],
  ['Service', ({ spec }) => (spec.ports[0].port = '1'), /'string' is not assignable/],
  ['Secret', (secret) => (secret.stringData = 'x'), /'string' is not assignable/],
  ['JobSet', ({ spec }) => (spec.failurePolicy.restarts = 1), /restarts.+ does not exist/],
  [
    'JobSet',
    ({ spec }) => (spec.replicatedJobs[0].template.spec.backoff = 1),
    /backoff.+ does not exist in type 'JobSpec'/,
  ],
];

test('the check itself finds what it is there for', async () => {
  const broken = await Promise.all(
    MISTAKES.map(async ([kind, change]) => {
      const object = (await objects(kind === 'JobSet' ? `--restarts 1 ${FULL}` : FULL))[kind];
      change(object);
      return object;
    }),
  );
  violations(broken).forEach((text, index) => {
    const [kind, , complaint] = MISTAKES[index]!;
    expect(text, `${index}: ${kind}`).toMatch(complaint);
  });
});
