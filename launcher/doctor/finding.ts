/** What a check says. */
export interface Finding {
  /** A problem keeps a job from running; a warning may slow it down, or keep some jobs from running. */
  readonly level: 'ok' | 'warning' | 'problem';
  /** What was looked at, in a word or two. */
  readonly subject: string;
  readonly text: string;
  /** What to do about it. */
  readonly mend?: string;
}

export function ok(subject: string, text: string): Finding {
  return { level: 'ok', subject, text };
}

export function warning(subject: string, text: string, mend: string): Finding {
  return { level: 'warning', subject, text, mend };
}

export function problem(subject: string, text: string, mend: string): Finding {
  return { level: 'problem', subject, text, mend };
}

/** The job that somebody has in mind, as far as one host sees it. */
export interface JobInMind {
  readonly ranks: number;
  readonly hosts: number;
  /** How many of the ranks would run on this host. */
  readonly here: number;
  /** Whether tsrun itself runs on this host. */
  readonly launches: boolean;
  /** What `--port-range` says. */
  readonly ports: readonly [first: number, last: number] | undefined;
}

/** In binary units, as short as it can be told: `1.5 GiB`. */
export function bytes(number: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  const power = Math.min(Math.floor(Math.log2(Math.max(number, 1)) / 10), units.length - 1);
  const value = number / 1024 ** power;
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} ${units[power]}`;
}
