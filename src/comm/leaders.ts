/**
 * How two groups come to know each other (MPI 4.1, section 7.6.2): their leaders tell each other, over a communicator that both are in, and
 * each tells its group. What goes wrong in one group must leave neither of them waiting.
 */
import { binomial as broadcast } from '../collectives/bcast/binomial.ts';
import type { Channel } from '../collectives/channel.ts';
import { fingerprintOf } from '../collectives/fingerprint.ts';
import { binomial as gather } from '../collectives/gather/binomial.ts';
import * as errors from '../errors.ts';
import { isMpiError, MpiError } from '../errors.ts';
import { checkTag } from '../p2p/arguments.ts';
import type { WaitOptions } from '../p2p/guard.ts';
import { recv } from '../p2p/receive.ts';
import { send } from '../p2p/send.ts';
import { decode, encode } from '../wire/value.ts';
import type { Domain } from './domain.ts';
import { openBridge, openSides, type Pairing, type Sides } from './intercommunication.ts';

const CALL = 'createIntercomm';

/** Where the leaders meet: significant at them alone. */
export interface Meeting {
  /** What was given as peer communicator, and its domain if it is one. */
  readonly given: unknown;
  readonly peer: Domain | undefined;
  readonly remoteLeader: number;
  readonly tag: number;
  /** What came of it, on the leader. */
  found: Pairing | MpiError | undefined;
}

/** What a leader tells the other one. */
interface Introduction {
  readonly serial: number;
  readonly endpoints: readonly number[];
}

/** What it tells in its place, or its own group, when there is nothing to be had. */
interface Refusal {
  readonly code: MpiError['code'];
  readonly refused: string;
}

/**
 * Collective over `domain`, one of the two groups. What only the leader can see to be wrong is the error of all its ranks, and leaves
 * `domain` as it was.
 */
export async function createSides(
  domain: Domain,
  localLeader: number,
  meeting: Meeting,
  options: WaitOptions | undefined,
): Promise<Sides> {
  const { rank, size, name } = domain;
  if (!isRank(localLeader, size)) throw errors.badLeader('localLeader', localLeader, size, name);
  const channel = domain.open(fingerprintOf(CALL, { root: localLeader }));
  const found =
    rank === localLeader ? await lead(domain, channel, meeting, options) : await follow(channel, localLeader);
  domain.close(channel);
  if (found instanceof MpiError) throw found;
  return openSides(domain, `intercommunicator of ${name}`, found);
}

/** The leader's part: when all its group is there it meets the other leader, and tells everybody. */
async function lead(
  domain: Domain,
  channel: Channel,
  meeting: Meeting,
  options: WaitOptions | undefined,
): Promise<Pairing | MpiError> {
  const { rank, size } = channel;
  await gather(channel, encode(null, CALL), rank);
  // This comes when the next rank has been told. Until then it fails as soon as the group does.
  const told = size > 1 ? channel.recvPacket((rank + 1) % size) : undefined;
  const found = await meet(domain, meeting, Promise.resolve(told), options);
  meeting.found = found;
  const news = found instanceof MpiError ? { code: found.code, refused: found.message } : found;
  await broadcast(channel, encode(news, CALL), rank);
  await told;
  return found;
}

async function follow(channel: Channel, leader: number): Promise<Pairing | MpiError> {
  await gather(channel, encode(null, CALL), leader);
  const packet = await broadcast(channel, undefined, leader);
  const news = decode(packet, undefined, CALL) as Pairing | Refusal;
  if (channel.rank === (leader + 1) % channel.size) await channel.sendPacket(encode(null, CALL), leader);
  return 'refused' in news ? errors.leaderFailed(news.code, news.refused, leader) : news;
}

/** Rejects when there is no group any more to meet for, or no time; answers whatever else goes wrong. */
async function meet(
  domain: Domain,
  meeting: Meeting,
  told: Promise<unknown>,
  options: WaitOptions | undefined,
): Promise<Pairing | MpiError> {
  const over = new AbortController();
  const signal = options?.signal ? AbortSignal.any([options.signal, over.signal]) : over.signal;
  const introduced = introduce(domain, meeting, { timeout: options?.timeout, signal });
  const failed = new Promise<never>((_, reject) => void told.catch(reject));
  try {
    return await Promise.race([introduced, failed]);
  } catch (error) {
    const ours = isMpiError(error) && error.code !== 'ERR_TIMEOUT' && error.code !== 'ERR_ABORTED';
    if (ours && !domain.broken) return error;
    throw error;
  } finally {
    over.abort();
  }
}

/** The two leaders tell each other who is in their groups. What the other one never took is taken back. */
async function introduce(domain: Domain, meeting: Meeting, options: WaitOptions): Promise<Pairing> {
  const { engine, member, endpoints } = domain;
  const { remoteLeader, tag } = meeting;
  const { formation, endpoints: peers } = checkMeeting(meeting);
  const other = peers[remoteLeader] as number;
  if (other === engine.self) throw errors.groupsOverlap(1);
  const own: Introduction = { serial: member.takeSerial(), endpoints };
  const sent = send(formation, CALL, own, remoteLeader, tag, true, options);
  sent.catch(() => {});
  const theirs = await recv<unknown>(formation, CALL, remoteLeader, tag, options);
  if (!isNews(theirs)) throw errors.noLeader(remoteLeader, tag);
  if ('refused' in theirs) throw errors.otherGroupFailed(theirs.refused);
  await sent;
  const known = new Set(endpoints);
  const common = theirs.endpoints.filter((endpoint) => known.has(endpoint)).length;
  if (common > 0) throw errors.groupsOverlap(common);
  const first = engine.self < other;
  const { serial } = first ? own : theirs;
  return { endpoint: first ? engine.self : other, serial, first, theirs: theirs.endpoints };
}

/**
 * For a leader whose call has failed: where its group will never be there the other one is told, in place of an introduction, or by the
 * bridge where it has taken ours.
 */
export function disappoint(domain: Domain, meeting: Meeting, cause: unknown): void {
  const { found, remoteLeader, tag } = meeting;
  if ((domain.usable && !domain.broken) || found instanceof MpiError) return;
  const error = isMpiError(cause) ? cause : errors.threwInside(CALL, cause);
  if (found !== undefined) {
    const bridge = openBridge(domain, `intercommunicator of ${domain.name}`, found);
    bridge.fail(CALL, 0, error);
    bridge.dispose();
    return;
  }
  try {
    const refusal: Refusal = { code: error.code, refused: error.message };
    send(checkMeeting(meeting).formation, CALL, refusal, remoteLeader, tag, false, undefined).catch(() => {});
  } catch {
    // Nobody knows who the other one is.
  }
}

/** @throws MpiError ERR_COMM, ERR_RANK or ERR_TAG for what the leader was given. */
function checkMeeting({ given, peer, remoteLeader, tag }: Meeting): Domain {
  if (peer === undefined) throw errors.notACommunicator(CALL, 'peerComm', given);
  peer.check(CALL);
  if (!isRank(remoteLeader, peer.size)) {
    throw errors.badLeader('remoteLeader', remoteLeader, peer.size, `peerComm (${peer.name})`);
  }
  checkTag(CALL, tag, false);
  return peer;
}

function isNews(value: unknown): value is Introduction | Refusal {
  return typeof value === 'object' && value !== null && ('endpoints' in value || 'refused' in value);
}

function isRank(rank: unknown, size: number): boolean {
  return Number.isInteger(rank) && (rank as number) >= 0 && (rank as number) < size;
}
