import { type Request, waitAll, world } from 'tsmpi';

const ANSWER = 1;

/**
 * Rounds in which each of the first `pairs` ranks sends a window of messages to the rank that many above it, and gets one short answer.
 * Each message has an array of its own and carries a number of its own, which is checked.
 */
export function pairRounds(bytes: number, window: number, pairs: number) {
  const { rank } = world;
  const [sends, receives] = [rank < pairs, rank >= pairs && rank < 2 * pairs];
  const peer = sends ? rank + pairs : rank - pairs;
  const arrays = Array.from({ length: window }, () => new Float64Array(bytes / 8));
  const into = arrays.map((out) => ({ out }));
  const answer = { out: new Float64Array(1) };

  return async (first: number, end: number): Promise<void> => {
    for (let round = first; round < end; round++) {
      const requests: Request<unknown>[] = [];
      if (sends) {
        for (let w = 0; w < window; w++) {
          arrays[w]![0] = round * window + w;
          requests.push(world.isend(arrays[w]!, peer));
        }
        await waitAll(requests);
        await world.recv(peer, ANSWER, answer);
      } else if (receives) {
        for (let w = 0; w < window; w++) requests.push(world.irecv(peer, 0, into[w]));
        await waitAll(requests);
        await world.send(answer.out, peer, ANSWER);
        for (let w = 0; w < window; w++) {
          const number = arrays[w]![0];
          if (number !== round * window + w) throw new Error(`message ${round * window + w} arrived as ${number}`);
        }
      }
    }
  };
}
