/** `tsrun manifest k8s …`: prints what `kubectl apply -f -` reads. Imported when asked for, as everything here. */
import { randomBytes } from 'node:crypto';
import { counted } from '../counted.ts';
import { type HelpPage, helpText } from '../help.ts';
import { scan, usage } from '../scan.ts';
import { packageVersion } from '../version.ts';
import { kubernetesObjects } from './objects.ts';
import { KUBERNETES_OPTIONS } from './options.ts';
import { type KubernetesRequest, kubernetesRequest } from './request.ts';
import { toYaml } from './yaml.ts';

export interface ManifestContext {
  /** How wide the help may be. */
  readonly columns: number;
  /** To the standard output; gives the exit code. */
  readonly print: (text: string) => Promise<number>;
}

const HELP: HelpPage = {
  usage:
    'tsrun manifest k8s -n N --image IMAGE [options] script [arguments…]\n\n' +
    'Prints a Kubernetes Job with a pod for each rank, and what belongs to it. It starts nothing and asks no cluster.',
  options: KUBERNETES_OPTIONS,
  examples: [
    ['tsrun manifest k8s -n 8 --image me/sum:1 sum.ts | kubectl apply -f -', 'starts eight pods'],
    ['tsrun manifest k8s -n 8 --image me/sum:1 --restarts 3 sum.ts', 'a JobSet, started again up to three times'],
  ],
  epilogue:
    'What is printed holds a fresh secret, by which the ranks of this job know each other. docs/kubernetes.md tells the rest.',
};

/** @throws LaunchFailure with exit code 2. */
export async function runManifest(args: readonly string[], { columns, print }: ManifestContext): Promise<number> {
  const [kind, ...rest] = args;
  if (kind === '--help' || kind === '-h') return print(await helpText(columns, HELP));
  if (kind !== 'k8s') {
    const what = kind === undefined ? 'tsrun manifest: say for what' : `tsrun manifest ${kind}: there is no such kind`;
    throw usage(`${what}: tsrun manifest k8s … prints a job for Kubernetes; tsrun manifest k8s --help says more`);
  }
  const scanned = scan(rest, { options: KUBERNETES_OPTIONS, help: 'tsrun manifest k8s --help' });
  if (scanned.options.some(({ name }) => name === 'help')) return print(await helpText(columns, HELP));
  const request = kubernetesRequest(scanned);
  const secret = randomBytes(32).toString('hex');
  return print(toYaml(kubernetesObjects(request, secret), heading(request)));
}

function heading({ ranks, name, restarts }: KubernetesRequest): string {
  const kinds = restarts > 0 ? 'jobset,secret' : 'job,service,secret';
  return [
    `${counted(ranks, 'rank')} for Kubernetes, printed by tsrun ${packageVersion()}. To start: kubectl apply -f -`,
    `To remove all of it: kubectl delete ${kinds} -l app.kubernetes.io/name=${name}`,
    'It holds the secret of the job.',
  ].join('\n');
}
