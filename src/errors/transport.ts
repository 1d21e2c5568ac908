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

/** The connection to a peer's address fails. */
export function unreachablePeer(peer: number, address: string, cause: Error): MpiError {
  return new MpiError('ERR_LAUNCH', `can't connect to process ${peer} at ${address}: ${cause.message}`, {
    peer,
    cause,
  });
}

/** Nothing at all comes back from a peer's address. */
export function silentAddress(peer: number, address: string, milliseconds: number): MpiError {
  const what = `no connection with process ${peer} at ${address} after ${milliseconds} ms`;
  return new MpiError('ERR_LAUNCH', `${what}; is a firewall in between, or is that host down?`, { peer });
}

/** A peer's address takes connections and ends each of them before the link is made. */
export function hungUp(peer: number, address: string, times: number): MpiError {
  const what = `${times} connections to process ${peer} at ${address} were ended before the link was made`;
  return new MpiError('ERR_LAUNCH', `${what}; does both or neither of them speak TLS?`, { peer });
}

/** Links that have not come about in time. */
export function missingPeers(peers: readonly number[], milliseconds: number): MpiError {
  const who = `${peers.length === 1 ? 'process' : 'processes'} ${peers.join(', ')}`;
  return new MpiError('ERR_LAUNCH', `no connection with ${who} after ${milliseconds} ms`, { peer: peers[0] });
}

/** A peer whose link could not be made when it was needed has failed for whoever needs it; a wrong key or protocol stays what it is. */
export function neverLinked(peer: number, cause: MpiError): MpiError {
  return cause.code === 'ERR_LAUNCH' ? new MpiError('ERR_PROC_FAILED', cause.message, { peer, cause }) : cause;
}

/** A peer has refused our connection, and says why. */
export function refusedLink(peer: number, address: string, reason: string): MpiError {
  return new MpiError('ERR_LAUNCH', `process ${peer} at ${address} has refused our connection: ${reason}`, { peer });
}

/** A peer could not prove that it knows the job's secret. */
export function wrongSecret(peer: number, address: string, cause?: Error): MpiError {
  const who = `what answers as process ${peer} at ${address}`;
  return new MpiError('ERR_AUTH', `${who} does not know the secret of this job`, { peer, cause });
}

/** What answers at a peer's address speaks another protocol altogether. */
export function foreignPeer(peer: number, address: string, cause?: Error): MpiError {
  return new MpiError('ERR_PROTOCOL', `what answers as process ${peer} at ${address} is no process of tsmpi`, {
    peer,
    cause,
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
