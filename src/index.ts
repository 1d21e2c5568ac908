/** tsmpi: message passing for TypeScript. `import { world, SUM } from 'tsmpi'`. */
import { start } from './runtime/start.ts';

const runtime = await start();

/** The communicator of all ranks of the job; of this process alone when it was not started by `tsrun`. */
export const world = runtime.world;
/** The communicator of this rank alone. */
export const self = runtime.self;

/**
 * Ends this rank's part in the job: waits until every rank has called it or has left its script (MPI_Finalize). Leaving the script
 * does the same; a program that ends itself with `process.exit()` calls it before.
 */
export function finalize(): Promise<void> {
  return runtime.finalize();
}

export { ROOT } from './collectives/inter/calls.ts';
export type { Op, OpFunction, OpLike, OpTraits } from './collectives/ops.ts';
export {
  BAND,
  BOR,
  BXOR,
  createOp,
  LAND,
  LOR,
  LXOR,
  MAX,
  MAXLOC,
  MIN,
  MINLOC,
  NO_OP,
  PROD,
  REPLACE,
  SUM,
} from './collectives/ops.ts';
export { CartCommunicator } from './comm/cartesian.ts';
export type { AlltoallOptions, CallOptions, GathervOptions, ScattervOptions } from './comm/collective.ts';
export type { CommunicatorComparison, GraphOptions } from './comm/communicator.ts';
export { Communicator } from './comm/communicator.ts';
export { GraphCommunicator } from './comm/graph.ts';
export type { GroupComparison, RankRange } from './comm/group.ts';
export { Group } from './comm/group.ts';
export { Intercommunicator } from './comm/intercommunicator.ts';
export type { NeighborhoodCommunicator } from './comm/neighborhood.ts';
export type { SendrecvOptions, SendrecvReplaceOptions } from './comm/point-to-point.ts';
export { computeDims } from './comm/topology/dims.ts';
export type { ErrorCode, ErrorDetails } from './errors.ts';
export { ERROR_CODES, MpiError } from './errors.ts';
export { ANY_SOURCE, ANY_TAG, PROC_NULL, TAG_UB } from './matching/envelope.ts';
export type { Completed, RequestList, ValueOf, ValuesOf } from './p2p/completion.ts';
export { testAll, testAny, testSome, waitAll, waitAny, waitSome } from './p2p/completion.ts';
export type { WaitOptions } from './p2p/guard.ts';
export type { MessagesOptions, ReceivedMessage } from './p2p/messages.ts';
export { PersistentRequest, startAll } from './p2p/persistent.ts';
export { Message } from './p2p/probe.ts';
export type { ReceiveOptions } from './p2p/receive.ts';
export { Request } from './p2p/request.ts';
export type { SendOptions } from './p2p/send.ts';
export { Status } from './p2p/status.ts';
