/** Who can be measured, and how several are measured side by side. */
import type { Job } from './job.ts';
import { medianOfRuns } from './medians.ts';
import type { Result } from './result.ts';

export interface System {
  /** As it stands in results: `tsmpi`, `openmpi`. */
  readonly name: string;
  /** For people, with its version: `Open MPI 4.1.4`. */
  readonly title: string;
  /** Whether it can do this job: not every system has every bench or transport. */
  readonly measures: (job: Job) => boolean;
  readonly measure: (job: Job, quick: boolean) => Promise<Result[]>;
}

/**
 * Measures a job on every system that has it, one after the other and then again, so that what disturbs the machine for a while
 * disturbs all of them. Of each system the medians of its runs are returned. One that fails is told and not run again;
 * what it did before counts.
 */
export async function alternate(
  systems: readonly System[],
  job: Job,
  { repeats, quick, failed }: { repeats: number; quick: boolean; failed: (error: Error) => void },
): Promise<Result[]> {
  const left = new Set(systems.filter((system) => system.measures(job)));
  const runs = new Map<System, Result[][]>([...left].map((system) => [system, []]));
  for (let round = 0; round < repeats; round++) {
    for (const system of left) {
      try {
        runs.get(system)!.push(await system.measure(job, quick));
      } catch (error) {
        failed(error as Error);
        left.delete(system);
      }
    }
  }
  return [...runs.values()].flatMap(medianOfRuns);
}
