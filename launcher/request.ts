/** What the command line asks for: everything that a job needs to know, checked as far as it can be without looking at the machine. */
export interface LaunchRequest {
  /** As given; relative to where tsrun was started. */
  readonly script: string;
  /** The script's own arguments, untouched. */
  readonly args: readonly string[];
  readonly ranks: number;
  /** Added to the environment of every rank. */
  readonly env: Readonly<Record<string, string>>;
  /** The ranks' working directory; none: tsrun's own. */
  readonly workingDirectory: string | undefined;
  /** Who reads the standard input. */
  readonly stdin: number | 'all' | 'none';
  readonly prefix: 'auto' | 'always' | 'never';
  readonly outputDirectory: string | undefined;
  /** Milliseconds. */
  readonly timeout: number | undefined;
  readonly transport: 'unix' | 'tcp';
  /** Rank r listens for a debugger on this port plus r. */
  readonly inspectBase: number | undefined;
  /** The rank that waits for its debugger before the first line. */
  readonly inspectBreak: number | undefined;
  readonly json: boolean;
  readonly verbosity: Verbosity;
}

export type Verbosity = 'quiet' | 'normal' | 'verbose';
