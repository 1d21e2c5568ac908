/** The pod of a rank: all pods of a job are alike but for their index. */
import type { Container, EnvVar, PodSpec, PodTemplateSpec } from 'kubernetes-types/core/v1.js';
import { Environment } from '../../src/contract/environment.ts';
import { dnsName, secretName } from './names.ts';
import type { KubernetesRequest } from './request.ts';

/** The key in the Secret, and the name of the file. */
export const SECRET_KEY = 'secret';
const SECRET_FOLDER = '/var/run/secrets/tsmpi';
/** For the owner alone to read. The group below may read it, too, whichever user the image runs as. */
const SECRET_MODE = 0o400;
/** Any but 0. It is the one of the user `node` in the official images. */
const SECRET_GROUP = 1000;

/** Pods are scheduled and their images pulled one by one: rank 0 may be up minutes before the last. */
const RENDEZVOUS_TIMEOUT = 300;

/** Set by the Job controller in Indexed Jobs. */
const INDEX = "metadata.annotations['batch.kubernetes.io/job-completion-index']";
/** Set by the JobSet controller. */
const RESTART = "metadata.annotations['jobset.sigs.k8s.io/restart-attempt']";

/** What a Service selects, and what `kubectl -l` finds. */
export function labels({ name }: KubernetesRequest): Record<string, string> {
  return { 'app.kubernetes.io/name': name };
}

export function podTemplate(request: KubernetesRequest): PodTemplateSpec {
  const spec: PodSpec = {
    restartPolicy: 'Never',
    // Where a JobSet makes the Service, it sets this by itself.
    ...(request.restarts > 0 ? {} : { subdomain: request.name }),
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: { fsGroup: SECRET_GROUP, seccompProfile: { type: 'RuntimeDefault' } },
    ...imagePullSecrets(request),
    containers: [container(request)],
    volumes: [{ name: 'secret', secret: { secretName: secretName(request), defaultMode: SECRET_MODE } }],
  };
  return { metadata: { labels: labels(request) }, spec };
}

function imagePullSecrets({ imagePullSecrets: names }: KubernetesRequest): Pick<PodSpec, 'imagePullSecrets'> {
  return names.length === 0 ? {} : { imagePullSecrets: names.map((name) => ({ name })) };
}

function container(request: KubernetesRequest): Container {
  const [command, ...args] = request.command.map(literal);
  return {
    name: 'rank',
    image: request.image,
    command: [command!],
    args,
    env: environment(request),
    ...resources(request),
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    volumeMounts: [{ name: 'secret', mountPath: SECRET_FOLDER, readOnly: true }],
  };
}

/** What another launcher would set in its tasks, so that tsrun knows which one it is; the user's own after that. */
function environment(request: KubernetesRequest): EnvVar[] {
  const field = (name: string, fieldPath: string): EnvVar => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  return [
    field('RANK', INDEX),
    { name: 'WORLD_SIZE', value: String(request.ranks) },
    { name: 'MASTER_ADDR', value: dnsName(request, 0) },
    { name: 'MASTER_PORT', value: String(request.port) },
    { name: Environment.SECRET_FILE, value: `${SECRET_FOLDER}/${SECRET_KEY}` },
    { name: Environment.RENDEZVOUS_TIMEOUT, value: String(RENDEZVOUS_TIMEOUT) },
    ...(request.restarts > 0 ? [field(Environment.RESTART, RESTART)] : []),
    ...Array.from(request.env, ([name, value]) => ({ name, value: literal(value) })),
  ];
}

/** Requests that equal the limits: such pods are the last to be evicted, and get whole cores where nodes hand them out. */
function resources({ cpus, memory }: KubernetesRequest): Pick<Container, 'resources'> {
  const amounts = { ...(cpus === undefined ? {} : { cpu: cpus }), ...(memory === undefined ? {} : { memory }) };
  return Object.keys(amounts).length === 0 ? {} : { resources: { requests: amounts, limits: amounts } };
}

/** Kubernetes replaces `$(NAME)` in commands, arguments and variables, and takes `$$` for `$`. */
function literal(text: string): string {
  return text.replaceAll('$', '$$$$');
}
