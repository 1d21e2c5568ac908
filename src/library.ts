/**
 * What both doors hand out, and the joining of a job. It awaits nothing while it is loaded, so that `dist/` can keep it as one script, of which
 * V8 keeps the compiled code (see runtime/compiled.ts).
 */
export { ROOT } from './collectives/inter/calls.ts';
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
export { Communicator } from './comm/communicator.ts';
export { GraphCommunicator } from './comm/graph.ts';
export { Group } from './comm/group.ts';
export { Intercommunicator } from './comm/intercommunicator.ts';
export { computeDims } from './comm/topology/dims.ts';
export { ERROR_CODES, MpiError } from './errors.ts';
export { ANY_SOURCE, ANY_TAG, PROC_NULL, TAG_UB } from './matching/envelope.ts';
export { testAll, testAny, testSome, waitAll, waitAny, waitSome } from './p2p/completion.ts';
export { PersistentRequest, startAll } from './p2p/persistent.ts';
export { Message } from './p2p/probe.ts';
export { Request } from './p2p/request.ts';
export { Status } from './p2p/status.ts';
export { simulate } from './runtime/simulate.ts';
export { spmd } from './runtime/spmd.ts';
export { start } from './runtime/start.ts';
