/**
 * Starts an agent on another host by a program that leads there (ssh, srun): what is written to the program arrives at the agent, what it prints
 * comes from the agent. The ways to other hosts differ in that program, and in how its failures are read.
 */
/** A way to one host. */
export interface Starter {
  /** The program and its arguments. It runs the shell program of bootstrap.ts on the host. */
  readonly command: readonly string[];
  /**
   * Why the program did not get there, and what to do about it: what follows `host b: `. Undefined: its own words are good enough.
   */
  explain(end: ProgramEnd): string | undefined;
}

/** By the name that the plan has for the host. */
export type StarterFor = (host: string) => Starter;

/** How the program ended before the agent was there. */
export interface ProgramEnd {
  /** It could not be started at all. */
  readonly error: NodeJS.ErrnoException | undefined;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The seconds after which it had not got there, and was ended for it. */
  readonly timedOut: number | undefined;
  /** The last lines that it wrote to standard error, without empty ones. */
  readonly words: readonly string[];
}
