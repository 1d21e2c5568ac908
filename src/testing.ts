/** The second public door, for tests: `import { simulate, spmd } from 'tsmpi/testing'`. */

export { simulate, spmd } from './library.ts';
export type { Failure, NetworkOptions } from './runtime/network-options.ts';
export type { Simulated, SimulatedClock, SimulatedProgram, SimulateOptions } from './runtime/simulate.ts';
export type { SpmdOptions, SpmdProgram } from './runtime/spmd.ts';
export type { Delay, LinkCost } from './transport/memory/model.ts';
