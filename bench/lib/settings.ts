/** What main.ts tells a program, as JSON in its only argument; run by hand, a program takes what is left out from here. */
export interface Settings {
  readonly sizes: readonly number[];
  /** To spend on measuring each size, after the warm-up. */
  readonly seconds: number;
}

const DEFAULTS: Settings = { sizes: [8, 1024, 65_536, 2 ** 20, 2 ** 24], seconds: 1 };

export const settings: Settings = { ...DEFAULTS, ...(JSON.parse(process.argv[2] ?? '{}') as Partial<Settings>) };
