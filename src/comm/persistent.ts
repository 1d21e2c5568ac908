/** Collectives whose arguments are fixed once and started again and again (MPI 4.1, section 6.13). */
import { CollectiveCommunicator } from './collective.ts';

export class PersistentCommunicator extends CollectiveCommunicator {}
