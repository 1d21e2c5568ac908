/** Command line of `tsrun manifest k8s` → {@link KubernetesRequest}. Pure; what Kubernetes would refuse is refused here. */
import { FOR_RANKS } from '../../src/contract/environment.ts';
import { Given } from '../given.ts';
import { type Scanned, usage } from '../scan.ts';
import { commandWords, shown } from '../values.ts';
import { isDnsName, isLabel, isServiceName, longestName, nameOf } from './names.ts';

export interface KubernetesRequest {
  /** Of the job, its Service, and its pods' label. */
  readonly name: string;
  /** None: the one that kubectl works in. */
  readonly namespace: string | undefined;
  readonly ranks: number;
  /** How often the job is started again when a rank is lost. */
  readonly restarts: number;
  readonly image: string;
  readonly imagePullSecrets: readonly string[];
  /** tsrun in the image with its options, the script, and the script's arguments. */
  readonly command: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  /** Where rank 0 awaits the others. */
  readonly port: number;
  /** Of each rank; in Kubernetes' units. */
  readonly cpus: string | undefined;
  readonly memory: string | undefined;
}

/** The most pods that an Indexed Job may have (Kubernetes, validation of batch/v1). */
const MOST_RANKS = 100_000;
/** The largest that an int32 holds. */
const MOST_RESTARTS = 2 ** 31 - 1;
/** How a task that something else has started learns who it is, and where rank 0 awaits it. */
const MEETING: readonly string[] = ['RANK', 'WORLD_SIZE', 'MASTER_ADDR', 'MASTER_PORT'];
const DEFAULT_PORT = '29500';
const DEFAULT_TSRUN = 'node_modules/.bin/tsrun';

/** @throws LaunchFailure with exit code 2 and one line that says what is wrong and what would be right. */
export function kubernetesRequest(scanned: Scanned): KubernetesRequest {
  const { script, args } = scanned;
  const given = new Given(scanned);
  if (script === undefined || script === '') {
    throw usage('no script given: tsrun manifest k8s -n N --image IMAGE script [arguments…]; its --help says more');
  }
  if (args.includes(':')) throw usage('":" is not available for manifests: all pods run one program');
  const ranks = integer('-n', required(given, 'np', '-n N: how many ranks'), 1, MOST_RANKS, 'the number of ranks');
  const restarts = integer('--restarts', given.get('restarts') ?? '0', 0, MOST_RESTARTS, 'the number of restarts');
  const wdir = given.get('wdir');
  return {
    name: jobName(given.get('name'), script, longestName(ranks, restarts)),
    namespace: checked(given, 'namespace', isLabel, 'a namespace has up to 63 of a-z, 0-9 and -, and no - at an end'),
    ranks,
    restarts,
    image: image(required(given, 'image', '--image IMAGE: the container image')),
    imagePullSecrets: given.all('image-pull-secret').map(pullSecret),
    command: [
      ...commandWords('--tsrun', given.get('tsrun') ?? DEFAULT_TSRUN),
      ...(wdir === undefined ? [] : ['--wdir', wdir]),
      ...(script.startsWith('-') ? ['--'] : []),
      script,
      ...args,
    ],
    env: variables(given.all('env')),
    port: integer('--port', given.get('port') ?? DEFAULT_PORT, 1024, 65535, 'the port of rank 0'),
    cpus: checked(given, 'cpus', isCpus, 'give cores as 2, 0.5 or 500m'),
    memory: checked(given, 'memory', isMemory, 'give a size with its unit, as 512Mi or 4Gi'),
  };
}

function required(given: Given, name: string, what: string): string {
  const value = given.get(name);
  if (value === undefined) throw usage(`tsrun manifest k8s needs ${what}`);
  return value;
}

function checked(given: Given, name: string, isRight: (text: string) => boolean, right: string): string | undefined {
  const text = given.get(name);
  if (text !== undefined && !isRight(text)) throw usage(`--${name} ${shown(text)}: ${right}`);
  return text;
}

function integer(option: string, text: string, least: number, most: number, what: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw usage(`${option} ${shown(text)}: ${what} is an integer from ${least} to ${most}`);
}

function jobName(given: string | undefined, script: string, longest: number): string {
  if (given === undefined) return nameOf(script, longest);
  if (given.length > longest) {
    throw usage(`--name ${given}: give at most ${longest} letters: the names of the pods, made of it, end at 63`);
  }
  if (isServiceName(given)) return given;
  throw usage(
    `--name ${shown(given)}: a name begins with a-z, goes on with a-z, 0-9 and -, and does not end with -; ` +
      `how about ${nameOf(given, longest)}?`,
  );
}

function image(text: string): string {
  if (/^[^\s-]\S*$/.test(text)) return text;
  throw usage(`--image ${shown(text)}: give the name of a container image, as registry.example/team/sum:1`);
}

function pullSecret(text: string): string {
  if (isDnsName(text)) return text;
  throw usage(`--image-pull-secret ${shown(text)}: give the name of a Secret in the namespace of the job`);
}

/** Kubernetes counts in thousandths of a core. */
function isCpus(text: string): boolean {
  return (/^\d+(\.\d{1,3})?$/.test(text) && Number(text) > 0) || /^0*[1-9]\d*m$/.test(text);
}

/** Without a unit it would be bytes, which nobody means. */
function isMemory(text: string): boolean {
  return /^\d+(\.\d+)?([KMGT]i|[kMGT])$/.test(text) && Number.parseFloat(text) > 0;
}

function variables(texts: readonly string[]): Map<string, string> {
  const result = new Map<string, string>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    if (equals < 0) {
      throw usage(`-x ${shown(text)}: write -x ${text}=VALUE: the pods do not see the variables of this machine`);
    }
    const name = text.slice(0, equals);
    if (!/^[A-Za-z_.-][\w.-]*$/.test(name)) {
      throw usage(`-x ${shown(text)}: a name has letters, digits, _, - and ., and no digit first`);
    }
    const ours = name.startsWith('TSMPI_') && !FOR_RANKS.includes(name);
    if (ours || MEETING.includes(name)) throw usage(`-x ${name}: the manifest itself sets this variable`);
    result.set(name, text.slice(equals + 1));
  }
  return result;
}
