/** The second public door, for tests: `import { spmd } from 'tsmpi/testing'`. */

export type { SpmdOptions, SpmdProgram } from './runtime/spmd.ts';
export { spmd } from './runtime/spmd.ts';
