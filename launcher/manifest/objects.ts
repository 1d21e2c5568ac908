/** The objects that make a job in a cluster, in the order in which they are made. Plain data, as Kubernetes' API defines it. */
import type { Job, JobSpec } from 'kubernetes-types/batch/v1.js';
import type { Secret, Service } from 'kubernetes-types/core/v1.js';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.js';
import { GROUP, secretName } from './names.ts';
import { labels, podTemplate, SECRET_KEY } from './pod.ts';
import type { KubernetesRequest } from './request.ts';

/** What is used of `jobset.x-k8s.io/v1alpha2`: https://jobset.sigs.k8s.io/docs/reference/jobset.v1alpha2/ */
export interface JobSet {
  readonly apiVersion: 'jobset.x-k8s.io/v1alpha2';
  readonly kind: 'JobSet';
  readonly metadata: ObjectMeta;
  readonly spec: {
    /** Makes the headless Service. */
    readonly network: {
      readonly enableDNSHostnames: boolean;
      /** The Service's name. */
      readonly subdomain: string;
      readonly publishNotReadyAddresses: boolean;
    };
    readonly failurePolicy: { readonly maxRestarts: number };
    readonly replicatedJobs: readonly {
      readonly name: string;
      readonly replicas: number;
      readonly template: { readonly spec: JobSpec };
    }[];
  };
}

export type KubernetesObject = Secret | Service | Job | JobSet;

/** @param secret - 64 hex digits. */
export function kubernetesObjects(request: KubernetesRequest, secret: string): KubernetesObject[] {
  if (request.restarts > 0) return [secretOf(request, secret), jobSetOf(request)];
  return [secretOf(request, secret), serviceOf(request), jobOf(request)];
}

function metadata(request: KubernetesRequest, name = request.name): ObjectMeta {
  const { namespace } = request;
  return { name, ...(namespace === undefined ? {} : { namespace }), labels: labels(request) };
}

/** It cannot be changed: ranks with different secrets would never meet. */
function secretOf(request: KubernetesRequest, secret: string): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadata(request, secretName(request)),
    type: 'Opaque',
    immutable: true,
    stringData: { [SECRET_KEY]: secret },
  };
}

/** Gives every pod a DNS name, from its first moment on: a pod is not ready before it has found the others. */
function serviceOf(request: KubernetesRequest): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(request),
    spec: {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: labels(request),
      ports: [{ name: 'rendezvous', port: request.port }],
    },
  };
}

function jobOf(request: KubernetesRequest): Job {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: metadata(request), spec: jobSpec(request) };
}

/** All pods at once, each with its index, none of them replaced: a rank that is lost takes the job with it. */
function jobSpec(request: KubernetesRequest): JobSpec {
  const { ranks } = request;
  return {
    completionMode: 'Indexed',
    completions: ranks,
    parallelism: ranks,
    backoffLimit: 0,
    template: podTemplate(request),
  };
}

/** One Job that is made anew, with all its pods, when it fails. */
function jobSetOf(request: KubernetesRequest): JobSet {
  return {
    apiVersion: 'jobset.x-k8s.io/v1alpha2',
    kind: 'JobSet',
    metadata: metadata(request),
    spec: {
      network: { enableDNSHostnames: true, subdomain: request.name, publishNotReadyAddresses: true },
      failurePolicy: { maxRestarts: request.restarts },
      replicatedJobs: [{ name: GROUP, replicas: 1, template: { spec: jobSpec(request) } }],
    },
  };
}
