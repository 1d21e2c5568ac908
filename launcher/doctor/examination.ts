/** Looks at all hosts of a job, and tries the ways between them. */
import { randomBytes } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { LaunchFailure } from '../failure.ts';
import type { Attempt, Clock } from './checks/agreement.ts';
import type { Examiner, ListenQuery, Target } from './examiner.ts';
import type { Facts } from './facts.ts';
import type { FactsQuery } from './gather.ts';

export interface Patient {
  readonly name: string;
  /** The machine that tsrun runs on. */
  readonly local: boolean;
  /** Whether ranks are to run there: otherwise no host has to reach it. */
  readonly takesPart: boolean;
}

export interface ExaminationPlan {
  readonly hosts: readonly Patient[];
  /** What `--interface` says. */
  readonly interface: string | undefined;
  readonly ports: ListenQuery['ports'];
  readonly workingDirectory: string;
  readonly native: FactsQuery['native'];
}

export interface Examination {
  /** By host. */
  readonly hosts: readonly HostExamination[];
  readonly attempts: readonly Attempt[];
}

export type HostExamination = Patient &
  (
    | {
        readonly facts: Facts;
        /** Undefined: it is ours. */
        readonly clock: Clock | undefined;
        /** Why nothing can listen at its address. */
        readonly deaf: string | undefined;
      }
    /** It was not reached, for that reason. */
    | { readonly facts: undefined; readonly reason: string }
  );

/** Gives the examiner of a host; rejects with a LaunchFailure that says why there is none. */
export type OpenExaminer = (host: Patient) => Promise<Examiner>;

/** The round trip that took the least time says most about a clock. */
const ROUND_TRIPS = 5;
/** Every host tries to reach so many of the others; with fewer of them, all. */
const MOST_TARGETS = 256;

export async function examine(plan: ExaminationPlan, open: OpenExaminer): Promise<Examination> {
  const visits = plan.hosts.map((host) => new Visit(host, open));
  try {
    await Promise.all(visits.map((visit) => visit.begin()));
    const { interface: wanted, workingDirectory, native } = plan;
    const query = { interface: wanted, towards: undefined, workingDirectory, native };
    const [here, elsewhere] = [true, false].map((local) => visits.filter((visit) => visit.host.local === local));
    await Promise.all(elsewhere!.map((visit) => visit.look(query)));
    // Of this host, others are told the address that leads to them.
    const towards = visits.map(({ address }) => address).find((address) => address !== undefined);
    await Promise.all(here!.map((visit) => visit.look({ ...query, towards })));
    await Promise.all(visits.map((visit) => visit.listen(plan.ports)));
    const attempts = await Promise.all(visits.map((visit, index) => visit.dial(others(visits, index))));
    return { hosts: visits.map((visit) => visit.result), attempts: attempts.flat() };
  } finally {
    await Promise.all(visits.map((visit) => visit.end()));
  }
}

/** Those that follow, around the circle. */
function others(visits: readonly Visit[], index: number): Visit[] {
  return [...visits.slice(index + 1), ...visits.slice(0, index)].slice(0, MOST_TARGETS);
}

/** One host. After the first failure nothing more is asked of it. */
class Visit {
  readonly host: Patient;
  readonly #open: OpenExaminer;
  #examiner: Examiner | undefined;
  #facts: Facts | undefined;
  #clock: Clock | undefined;
  #deaf: string | undefined;
  #target: Target | undefined;
  #reason: string | undefined;

  constructor(host: Patient, open: OpenExaminer) {
    this.host = host;
    this.#open = open;
  }

  get address(): string | undefined {
    return this.#facts?.network.address;
  }

  get result(): HostExamination {
    if (this.#reason !== undefined || this.#facts === undefined) {
      return { ...this.host, facts: undefined, reason: this.#reason ?? 'it said nothing' };
    }
    return { ...this.host, facts: this.#facts, clock: this.#clock, deaf: this.#deaf };
  }

  begin(): Promise<void> {
    return this.#unlessLost(async () => {
      this.#examiner = await this.#open(this.host);
    });
  }

  look(query: FactsQuery): Promise<void> {
    return this.#unlessLost(async (examiner) => {
      this.#facts = await examiner!.facts(query);
      this.#clock = this.host.local ? undefined : await readClock(examiner!);
    });
  }

  listen(ports: ListenQuery['ports']): Promise<void> {
    return this.#unlessLost(async (examiner) => {
      const { address } = this;
      if (address === undefined || !this.host.takesPart) return;
      const token = randomBytes(16).toString('hex');
      const result = await examiner!.listen({ address, ports, token });
      if (result.port === null) this.#deaf = result.problem;
      else this.#target = { address, port: result.port, token };
    });
  }

  async dial(visits: readonly Visit[]): Promise<Attempt[]> {
    const listening = this.host.takesPart ? visits.filter((visit) => visit.#target !== undefined) : [];
    let problems: readonly (string | null)[] = [];
    await this.#unlessLost(async (examiner) => {
      problems = await examiner!.dial(listening.map((visit) => visit.#target!));
    });
    return problems.map((problem, index) => {
      const { host, address } = listening[index]!;
      const { port } = listening[index]!.#target!;
      const place = `${isIPv6(address!) ? `[${address}]` : address}:${port}`;
      return { from: this.host.name, to: host.name, place, problem: problem ?? undefined };
    });
  }

  async end(): Promise<void> {
    await this.#examiner?.close();
  }

  async #unlessLost(work: (examiner: Examiner | undefined) => Promise<void>): Promise<void> {
    if (this.#reason !== undefined) return;
    try {
      await work(this.#examiner);
    } catch (error) {
      if (!(error instanceof LaunchFailure)) throw error;
      this.#reason = error.message;
    }
  }
}

async function readClock(examiner: Examiner): Promise<Clock> {
  const readings: Clock[] = [];
  for (let i = 0; i < ROUND_TRIPS; i++) {
    const before = performance.now();
    const sent = Date.now();
    const there = await examiner.clock();
    const half = (performance.now() - before) / 2;
    readings.push({ ahead: there - (sent + half), uncertainty: half });
  }
  return readings.reduce((best, one) => (one.uncertainty < best.uncertainty ? one : best));
}
