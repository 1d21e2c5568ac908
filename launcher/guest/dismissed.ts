/** There is no job, and rank 0 says why: nobody else has to. */
export class Dismissed extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('dismissed');
    this.exitCode = exitCode;
  }
}
