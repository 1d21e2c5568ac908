/** Why no job was started, in lines for the user. Whatever happens to a running job is a {@link file://./supervise/verdict.ts Verdict}. */
export class LaunchFailure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = ExitCode.FAILURE) {
    super(message);
    this.exitCode = exitCode;
  }
}

export const ExitCode = {
  FAILURE: 1,
  USAGE: 2,
  /** The script awaits what can never settle: Node's own number for it. */
  STUCK: 13,
  TIMEOUT: 124,
  /** The job could not be launched on its hosts: what GNU timeout, env and others say of themselves. */
  LAUNCH: 125,
  /** A shell's number for a death by signal is this plus the signal's. */
  SIGNAL: 128,
} as const;
