/** tsmpi: message passing for TypeScript. `import { world, SUM } from 'tsmpi'`. */
import { start } from './library.ts';

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

export type { Op, OpFunction, OpLike, OpTraits } from './collectives/ops.ts';
export type { AlltoallOptions, CallOptions, GathervOptions, ScattervOptions } from './comm/collective.ts';
export type { CommunicatorComparison, GraphOptions } from './comm/communicator.ts';
export type { GroupComparison, RankRange } from './comm/group.ts';
export type { NeighborhoodCommunicator } from './comm/neighborhood.ts';
export type { SendrecvOptions, SendrecvReplaceOptions } from './comm/point-to-point.ts';
export type { ErrorCode, ErrorDetails } from './errors.ts';
export {
  ANY_SOURCE,
  ANY_TAG,
  BAND,
  BOR,
  BXOR,
  CartCommunicator,
  Communicator,
  computeDims,
  createOp,
  ERROR_CODES,
  GraphCommunicator,
  Group,
  Intercommunicator,
  LAND,
  LOR,
  LXOR,
  MAX,
  MAXLOC,
  Message,
  MIN,
  MINLOC,
  MpiError,
  NO_OP,
  PersistentRequest,
  PROC_NULL,
  PROD,
  REPLACE,
  Request,
  ROOT,
  Status,
  SUM,
  startAll,
  TAG_UB,
  testAll,
  testAny,
  testSome,
  waitAll,
  waitAny,
  waitSome,
} from './library.ts';
export type { Completed, RequestList, ValueOf, ValuesOf } from './p2p/completion.ts';
export type { WaitOptions } from './p2p/guard.ts';
export type { MessagesOptions, ReceivedMessage } from './p2p/messages.ts';
export type { ReceiveOptions } from './p2p/receive.ts';
export type { SendOptions } from './p2p/send.ts';
