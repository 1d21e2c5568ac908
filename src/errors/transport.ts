/** What goes wrong on the links between processes. */
import { MpiError } from './mpi-error.ts';

/** The link to a process has ended without our doing. */
export function lostPeer(peer: number, detail: string, cause?: unknown): MpiError {
  return new MpiError('ERR_PROC_FAILED', `lost the connection to process ${peer}: ${detail}`, { peer, cause });
}

/** A process sent what breaks the protocol; its link is closed. */
export function brokenPeer(peer: number, cause: unknown): MpiError {
  const what = cause instanceof Error ? cause.message : String(cause);
  return new MpiError('ERR_PROTOCOL', `closed the connection to process ${peer}, which broke the protocol: ${what}`, {
    peer,
    cause,
  });
}

/** A frame that no correct peer sends. */
export function protocol(what: string): MpiError {
  return new MpiError('ERR_PROTOCOL', `received ${what}`);
}

/** A frame header that no peer of this version would send. */
export function badHeader(field: string, actual: number | string, expected: string): MpiError {
  return new MpiError('ERR_PROTOCOL', `a frame header with ${field} ${actual}, which should be ${expected}`, {
    expected,
    actual,
  });
}

/** We can't listen where we were told to. */
export function cannotListen(address: string, detail: string, cause?: unknown): MpiError {
  return new MpiError('ERR_LAUNCH', `can't listen at ${address} for the other ranks of the job: ${detail}`, { cause });
}

/** A text that should be the address of a process. */
export function badAddress(text: string): MpiError {
  const expected = 'unix:/path, tcp:127.0.0.1:4711 or tcp:[::1]:4711';
  return new MpiError('ERR_LAUNCH', `"${text}" is no address of a process; one looks like ${expected}`, {
    expected,
    actual: text,
  });
}

/** Nobody answers at a peer's address. */
export function unreachablePeer(peer: number, address: string, cause: Error): MpiError {
  return new MpiError('ERR_LAUNCH', `can't connect to process ${peer} at ${address}: ${cause.message}`, {
    peer,
    cause,
  });
}

/** Links that have not come about in time. */
export function missingPeers(peers: readonly number[], milliseconds: number): MpiError {
  const who = `${peers.length === 1 ? 'process' : 'processes'} ${peers.join(', ')}`;
  return new MpiError('ERR_LAUNCH', `no connection with ${who} after ${milliseconds} ms`, { peer: peers[0] });
}

/** A peer has refused our connection, and says why. */
export function refusedLink(peer: number, reason: string): MpiError {
  return new MpiError('ERR_LAUNCH', `process ${peer} has refused our connection: ${reason}`, { peer });
}

/** A peer could not prove that it knows the job's secret. */
export function wrongSecret(peer: number): MpiError {
  return new MpiError('ERR_AUTH', `what answers as process ${peer} does not know the secret of this job`, { peer });
}

/** What answers at a peer's address speaks another protocol altogether. */
export function foreignPeer(peer: number): MpiError {
  return new MpiError('ERR_PROTOCOL', `what answers at the address of process ${peer} is no process of tsmpi`, {
    peer,
  });
}

/** Two versions of tsmpi in one job. */
export function versionMismatch(peer: number, ours: number, theirs: number): MpiError {
  return new MpiError(
    'ERR_PROTOCOL',
    `process ${peer} speaks version ${theirs} of the wire protocol and this one version ${ours}; ` +
      'every rank of a job needs the same version of tsmpi',
    { peer, expected: ours, actual: theirs },
  );
}

/** The transport was closed while its links were still being made. */
export function closedMeanwhile(): MpiError {
  return new MpiError('ERR_ABORTED', 'the transport was closed before all its connections were made');
}
