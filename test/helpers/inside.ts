/** What stands behind a communicator, for tests of what is left of it. */
import type { Communicator } from '../../src/comm/communicator.ts';
import type { Domain } from '../../src/comm/domain.ts';

export function domainOf(comm: Communicator): Domain {
  return Reflect.get(comm, 'domain') as Domain;
}
