/** What main.ts tells a program, as JSON in its only argument; run by hand, a program takes what is left out from here. */
export interface Settings {
  /** What to measure, for a program that can measure several things: the collective. */
  readonly bench: string;
  readonly sizes: readonly number[];
  /** To spend on measuring each size, after the warm-up; idle ranks wait twice as long. */
  readonly seconds: number;
}

const DEFAULTS: Settings = { bench: 'allreduce', sizes: [8, 1024, 65_536, 2 ** 20, 2 ** 24], seconds: 1 };

export const settings: Settings = { ...DEFAULTS, ...(JSON.parse(process.argv[2] ?? '{}') as Partial<Settings>) };
