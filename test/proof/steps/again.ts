/** Persistent collectives: the same calls, each prepared once and started again and again. */
import type { Communicator } from '../../../src/comm/communicator.ts';
import type { PersistentRequest } from '../../../src/p2p/persistent.ts';

type Calls = Record<string, unknown>;
type Init = (...args: unknown[]) => PersistentRequest;

/**
 * A communicator whose collectives are started `starts` times and give what the last start gives; `renew` is called before each.
 * Nought: they are called as they are.
 */
export function again(comm: Communicator, starts: number, renew: () => void = () => {}): Communicator {
  if (starts === 0) return comm;
  const calls = comm as unknown as Calls;
  const start =
    (init: Init) =>
    async (...args: unknown[]) => {
      const request = init.apply(comm, args);
      let result: unknown;
      for (let i = 0; i < starts; i++) {
        renew();
        result = await request.start();
      }
      return result;
    };
  return new Proxy(comm, {
    get(_target, name) {
      const init = calls[`${String(name)}Init`];
      return init === undefined ? calls[String(name)] : start(init as Init);
    },
  });
}
