/** A call in two levels: the ranks of each host among themselves, and one of each host, its leader, among the leaders. */
import type { CallChannel, Channel } from '../channel.ts';
import { HostLevel } from './host-level.ts';
import { PartChannel } from './part.ts';

export interface Levels {
  /** Our host. */
  readonly near: HostLevel;
  /** The leaders, by host; undefined for a rank that leads none. */
  readonly far: Channel | undefined;
  /** The host of the root: its rank in `far`. */
  readonly home: number;
}

/**
 * To be asked for before anything else is awaited, as calls come to boards in the order of their numbers.
 *
 * @param root - leads its host. The others, and all where there is no root, are led by the lowest rank.
 */
export async function levelsOf(channel: CallChannel, root = 0): Promise<Levels> {
  const { hosts, rank } = channel;
  const turn = channel.board();
  const board = turn && (await turn);
  const home = hosts.hostOf(root);
  const leaderOf = (host: number) => (host === home ? root : (hosts.ranksOn(host)[0] as number));
  const host = hosts.hostOf(rank);
  const leader = leaderOf(host);
  const ranks = hosts.ranksOn(host);
  return {
    near: new HostLevel(new PartChannel(channel, ranks), ranks.indexOf(leader), board),
    far:
      rank === leader
        ? new PartChannel(
            channel,
            Int32Array.from({ length: hosts.count }, (_, at) => leaderOf(at)),
          )
        : undefined,
    home,
  };
}
