/**
 * A Slurm cluster of real daemons: the controller on `login`, and the nodes `h1` and `h2` of four processors each, as far as Slurm knows.
 * Everything lies where the packages put it, in memory that only these hosts see: nothing stays, whatever ends this process.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { type Hosts, type MachineProcess, noHosts, type Output, startHosts } from './hosts.ts';
import { Tsrun, type TsrunOptions } from './tsrun.ts';

const COMMANDS = ['munged', 'slurmctld', 'slurmd', 'srun', 'salloc', 'sbatch', 'scancel', 'scontrol'];
const SETUP = `
set -e
for folder in /etc/munge /etc/slurm /var/log/munge; do mount -t tmpfs -o mode=755 tmpfs $folder; done
mkdir /run/munge /run/slurmctld /run/slurmd
printf %s "$1" > /etc/slurm/slurm.conf
umask 077
cat > /etc/munge/munge.key
umask 022
munged --seed-file=/run/munge/seed`;

/** slurm.conf(5). */
function configuration(hosts: Hosts): string {
  const nodes = hosts.names.map((name) => `NodeName=${name} NodeAddr=${hosts.address(name)} CPUs=4 RealMemory=1000`);
  return `
ClusterName=test
SlurmctldHost=login(${hosts.address('login')})
SlurmUser=root
AuthType=auth/munge
CredType=cred/munge
StateSaveLocation=/run/slurmctld
SlurmctldPidFile=/run/slurmctld.pid
SlurmctldLogFile=/run/slurmctld.log
SlurmdSpoolDir=/run/slurmd
SlurmdPidFile=/run/slurmd.pid
SlurmdLogFile=/run/slurmd.log
SlurmdParameters=config_overrides
ReturnToService=2
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
KillWait=2
${nodes.join('\n')}
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`;
}

/** The reason why there can be no such cluster here, for `describe.skipIf`; none: there can. */
export function noSlurm(): string | undefined {
  const missing = COMMANDS.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0);
  return noHosts() ?? (missing.length > 0 ? `not installed: ${missing.join(', ')}` : undefined);
}

export async function startSlurm(): Promise<Slurm> {
  const hosts = await startHosts(2);
  try {
    const key = randomBytes(128);
    const everywhere = ['login', ...hosts.names].map((host) =>
      must(hosts, host, ['sh', '-c', SETUP, 'sh', configuration(hosts)], key),
    );
    await Promise.all(everywhere);
    await must(hosts, 'login', ['slurmctld']);
    await Promise.all(hosts.names.map((host) => must(hosts, host, ['slurmd'])));
    // Waits until both nodes have reported for duty.
    await must(hosts, 'login', ['srun', `-N${hosts.names.length}`, 'true']);
    for (const host of ['login', ...hosts.names]) hosts.adopt(host);
    return new Slurm(hosts);
  } catch (error) {
    await hosts.close();
    throw error;
  }
}

export class Slurm {
  readonly hosts: Hosts;

  constructor(hosts: Hosts) {
    this.hosts = hosts;
  }

  /** Runs a command where users type it, to its end: `run('srun', '-N2', 'hostname')`. */
  run(...argv: string[]): Promise<Output> {
    return this.hosts.run('login', argv);
  }

  /** Runs tsrun where users type it, by `under`: `['salloc', '-n', '4']`. Its working directory, if none is given, is the shared folder. */
  tsrun(under: readonly string[], args: readonly string[], options: Omit<TsrunOptions, 'prefix'> = {}): Tsrun {
    const prefix = [...this.hosts.entering('login', options.cwd ?? this.hosts.folder), ...under];
    return new Tsrun(args, { ...options, prefix });
  }

  /** Submits the lines of a script; gives the job's number. */
  async submit(options: readonly string[], script: string): Promise<string> {
    const files = ['--output=/run/job-%j.out', '--error=/run/job-%j.err', `--chdir=${this.hosts.folder}`];
    const lines = `#!/bin/sh\n${script}\n`;
    return (await must(this.hosts, 'login', ['sbatch', '--parsable', ...files, ...options], lines)).trim();
  }

  /** Waits until a batch job runs. */
  async begun(job: string): Promise<void> {
    await this.#record(job, /JobState=(?!PENDING|CONFIGURING)/);
  }

  /** Waits for the end of a batch job, and gives what its script left behind; no exit code: a signal ended it. */
  async outcome(job: string, deadline = 30_000): Promise<Output> {
    const record = await this.#record(job, /JobState=(?!PENDING|CONFIGURING|RUNNING|COMPLETING|SUSPENDED)/, deadline);
    const [, code, signal, host] = record.match(/ ExitCode=(\d+):(\d+).* BatchHost=(\S+)/)!;
    const stdout = await must(this.hosts, host!, ['cat', `/run/job-${job}.out`]);
    const stderr = await must(this.hosts, host!, ['cat', `/run/job-${job}.err`]);
    return { code: signal === '0' ? Number(code) : null, stdout, stderr };
  }

  /** Kills the daemon of a node. */
  async stopNode(host: string): Promise<void> {
    await must(this.hosts, host, ['sh', '-c', 'kill -9 $(cat /run/slurmd.pid)']);
  }

  async startNode(host: string): Promise<void> {
    await must(this.hosts, host, ['slurmd']);
    this.hosts.adopt(host);
  }

  /** What runs on a host beside Slurm's daemons; the shepherd of a step does. */
  processes(host: string): MachineProcess[] {
    return this.hosts.processes(host);
  }

  /** Cancels all jobs, and waits as {@link Hosts.quiet} does. */
  async quiet(deadline?: number): Promise<void> {
    await must(this.hosts, 'login', ['scancel', '--user=root']);
    await this.hosts.quiet(deadline);
  }

  close(): Promise<void> {
    return this.hosts.close();
  }

  /** What scontrol says of a job as soon as it looks like that. */
  async #record(job: string, pattern: RegExp, deadline = 30_000): Promise<string> {
    const until = performance.now() + deadline;
    for (;;) {
      const record = await must(this.hosts, 'login', ['scontrol', '--oneliner', 'show', 'job', job]);
      if (pattern.test(record)) return record;
      if (performance.now() > until) throw new Error(`waited ${deadline} ms for ${pattern}: ${record}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Runs a command on a host, takes everything but success for an error, and gives its standard output. */
async function must(hosts: Hosts, host: string, argv: readonly string[], input?: string | Uint8Array): Promise<string> {
  const { code, stdout, stderr } = await hosts.run(host, argv, input);
  if (code !== 0) throw new Error(`${argv[0]} on ${host} ended with ${code}: ${stderr}`);
  return stdout;
}
