/** The address that a host would give to the others. */
import { counted } from '../../counted.ts';
import type { Facts } from '../facts.ts';
import { type Finding, type JobInMind, ok, problem, warning } from '../finding.ts';

/** Networks that containers and virtual machines of one host have among themselves: other hosts have some of the same addresses. */
const INNER = /^(docker|br-|veth|virbr|vmnet|vboxnet|cni|flannel|cali|podman|lxc|lxdbr|bridge1\d\d)/;

/** @param deaf - why nothing can listen at the host's address. */
export function checkNetwork(facts: Facts, job: JobInMind, deaf: string | undefined): Finding[] {
  return [...checkAddress(facts, job), ...checkPorts(facts, job, deaf)];
}

function checkAddress({ network }: Facts, { hosts }: JobInMind): Finding[] {
  const { address, problem: reason, interfaces } = network;
  const subject = 'address';
  const there = outside(interfaces);
  if (reason !== undefined) return [problem(subject, reason, 'name an interface or a network that is there')];
  if (address === undefined || there.length === 0) {
    if (hosts === 1) return [ok(subject, 'none but loopback: for jobs on this machine alone')];
    return [problem(subject, 'none but loopback: other hosts cannot reach this one', 'connect it to a network')];
  }
  const name = interfaces.find((one) => one.address === address)?.name;
  const text = name === undefined ? address : `${address} (${name})`;
  if (name === undefined || !INNER.test(name)) return [ok(subject, text)];
  const others = there.filter((one) => !INNER.test(one.name));
  const mend =
    others.length === 0
      ? 'connect this host to a network of its own'
      : `choose another: --interface ${[...new Set(others.map((one) => one.name))].join(', or --interface ')}`;
  return [warning(subject, `${text} is a network inside this host, where other hosts do not reach it`, mend)];
}

/** Every rank takes one port where it listens for other hosts. */
function checkPorts({ network }: Facts, { ports, here }: JobInMind, deaf: string | undefined): Finding[] {
  const subject = 'ports';
  const findings: Finding[] = [];
  if (deaf !== undefined) {
    const mend = 'choose others with --port-range';
    findings.push(problem(subject, `nothing can listen at ${network.address}: ${deaf}`, mend));
  }
  if (ports === undefined || here === 0) return findings;
  const [first, last] = ports;
  const text = `${counted(last - first + 1, 'port')}, ${first} to ${last}`;
  if (last - first + 1 < here) {
    const mend = 'give a longer --port-range';
    findings.push(problem(subject, `${text}, for ${counted(here, 'rank')} that take one each`, mend));
  }
  return findings.length > 0 ? findings : [ok(subject, text)];
}

function outside(interfaces: Facts['network']['interfaces']): Facts['network']['interfaces'] {
  return interfaces.filter(({ address }) => !/^(127\.|::1$|fe[89ab])/i.test(address));
}
