/**
 * The one error class of the project and all its failure sentences: nowhere else in src/ is one composed.
 *
 * A sentence says what was called, what was wrong with it and what would be right.
 */
export * from './errors/calls.ts';
export * from './errors/collectives.ts';
export * from './errors/communicators.ts';
export * from './errors/groups.ts';
export * from './errors/intercommunicators.ts';
export * from './errors/job.ts';
export * from './errors/mpi-error.ts';
export * from './errors/neighbors.ts';
export * from './errors/shm.ts';
export * from './errors/simulation.ts';
export * from './errors/topologies.ts';
export * from './errors/transport.ts';
export * from './errors/values.ts';
