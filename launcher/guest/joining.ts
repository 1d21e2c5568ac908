/** The tsrun of another rank looks for that of rank 0, again and again, and waits there until everybody has come. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import { tlsClientOptions } from '../../src/contract/tls.ts';
import { ExitCode, LaunchFailure } from '../failure.ts';
import { systemReason } from '../io/system-reason.ts';
import { Dismissed } from './dismissed.ts';
import { type Hello, LONGEST_GREETING, parseAnswer } from './greeting.ts';
import { LineReader } from './line-reader.ts';
import type { Contact, MeetingPoint, Patience } from './meeting-point.ts';

/** For one connection, in milliseconds: a packet that a firewall drops is no reason to wait for the system's patience. */
const CONNECT_TIMEOUT = 5000;
/** Between two attempts, in milliseconds; the upper bound doubles up to the last. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1000;
/** Rank 0, which names who is missing, may have begun to wait last of all: its word is waited for so much longer. */
const LAST_WORD = 3000;

/**
 * The connection to rank 0, over which the agent's protocol is to begin. Everybody has come.
 *
 * @throws LaunchFailure at the deadline, naming what was missing.
 * @throws Dismissed
 */
export async function joinRankZero(meeting: MeetingPoint, hello: Hello, patience: Patience): Promise<TLSSocket> {
  const { deadline } = patience;
  let obstacle = '';
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    const contact = await meeting.find();
    if (contact === undefined) obstacle = meeting.absence;
    else {
      try {
        return await attempt(contact, hello, patience);
      } catch (error) {
        if (error instanceof Dismissed) throw error;
        // What was seen before the deadline says more than the deadline does.
        if (!deadline.aborted || obstacle === '') obstacle = (error as Error).message;
      }
    }
    // Whoever has to wait does not come back at the same moment as all the others.
    await sleep(pause * (0.5 + Math.random() / 2), undefined, { signal: deadline }).catch(() => {});
    if (deadline.aborted) {
      const search = `rank ${hello.rank} of ${hello.size} did not find rank 0 within ${patience.milliseconds / 1000} s`;
      const hint = meeting.advice === undefined ? '' : `; ${meeting.advice}`;
      throw new LaunchFailure(`${search}: ${obstacle}${hint}`, ExitCode.LAUNCH);
    }
  }
}

async function attempt(contact: Contact, hello: Hello, patience: Patience): Promise<TLSSocket> {
  const { deadline, milliseconds, interrupted } = patience;
  const socket = await firstSecured(contact, AbortSignal.any([deadline, AbortSignal.timeout(CONNECT_TIMEOUT)]));
  try {
    socket.write(`${JSON.stringify(hello)}\n`);
    const answered = AbortSignal.any([AbortSignal.timeout(milliseconds + LAST_WORD), interrupted]);
    const answer = parseAnswer(await new LineReader(socket, LONGEST_GREETING).next(answered));
    if (answer?.type === 'failed') throw new Dismissed(answer.exitCode);
    if (answer?.type !== 'go') throw new Error(answer?.reason ?? 'what is there is no tsrun');
    return socket;
  } catch (error) {
    socket.destroy();
    throw error instanceof Dismissed ? error : new Error(`${place(contact.hosts, contact.port)}: ${reasonOf(error)}`);
  }
}

/** By all of its addresses at once. */
async function firstSecured({ hosts, port, secret }: Contact, deadline: AbortSignal): Promise<TLSSocket> {
  const sockets = hosts.map((host) => connect({ host, port, ...tlsClientOptions(secret, 'control') }));
  try {
    const first = await Promise.any(sockets.map((socket) => secured(socket, deadline)));
    for (const socket of sockets) if (socket !== first) socket.destroy();
    return first;
  } catch (error) {
    for (const socket of sockets) socket.destroy();
    const reasons = (error as AggregateError).errors.map(reasonOf);
    throw new Error(hosts.map((host, index) => `${place([host], port)}: ${reasons[index]}`).join('; '));
  }
}

function secured(socket: TLSSocket, deadline: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const expired = (): void => reject(new Error('no answer'));
    deadline.addEventListener('abort', expired);
    const settle = (): void => deadline.removeEventListener('abort', expired);
    socket.once('secureConnect', () => {
      settle();
      resolve(socket);
    });
    socket.once('close', () => {
      settle();
      reject(socket.errored ?? new Error('it hung up'));
    });
    socket.on('error', () => {});
  });
}

function place(hosts: readonly string[], port: number): string {
  return `${hosts.join(' or ')}, port ${port}`;
}

/** TLS 1.3 (RFC 8446, 4.2.11): a server that does not know the key of a client that offers nothing else breaks off. */
function reasonOf(error: unknown): string {
  const { name, code } = error as NodeJS.ErrnoException;
  if (name === 'TimeoutError') return 'no answer';
  return code?.startsWith('ERR_SSL') ? 'it does not know our secret' : systemReason(error);
}
