/** The options of `tsrun manifest k8s`, as data. */
import type { OptionSpec } from '../options.ts';

export const KUBERNETES_OPTIONS: readonly OptionSpec[] = [
  { name: 'np', short: 'n', value: 'N', group: 'Ranks', help: 'how many ranks; each runs in a pod of its own' },
  { name: 'env', short: 'x', value: 'NAME=VALUE', group: 'Ranks', help: 'sets a variable in every rank; repeatable' },
  { name: 'wdir', value: 'DIR', group: 'Ranks', help: 'the working directory of the ranks, in the image' },
  { name: 'image', value: 'IMAGE', group: 'Pods', help: 'the container image: Node.js, the script, tsmpi' },
  { name: 'image-pull-secret', value: 'NAME', group: 'Pods', help: 'what opens a private registry; repeatable' },
  { name: 'cpus', value: 'NUMBER', group: 'Pods', help: 'cores of each rank: 2, 0.5 or 500m' },
  { name: 'memory', value: 'SIZE', group: 'Pods', help: 'memory of each rank: 512Mi, 4Gi' },
  {
    name: 'tsrun',
    value: 'COMMAND',
    group: 'Pods',
    help: 'tsrun in the image, and options for it (default: node_modules/.bin/tsrun)',
  },
  { name: 'name', value: 'NAME', group: 'Job', help: "the job's name (default: from the name of the script)" },
  { name: 'namespace', value: 'NAME', group: 'Job', help: 'the namespace (default: that of kubectl)' },
  {
    name: 'restarts',
    value: 'R',
    group: 'Job',
    help: 'starts all ranks again when one is lost, R times; needs JobSet',
  },
  { name: 'port', value: 'PORT', group: 'Job', help: 'where rank 0 awaits the others (default: 29500)' },
  { name: 'help', short: 'h', group: 'About', help: 'shows this' },
];
