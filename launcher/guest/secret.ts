/**
 * The secret that the tasks of another launcher share in a file, TSMPI_SECRET_FILE, where nothing else leads a secret from one
 * to the other. Made with `openssl rand -hex 32 > FILE; chmod 600 FILE`, or mounted by Kubernetes.
 */
import { hkdfSync } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { Environment } from '../../src/contract/environment.ts';
import { ExitCode, LaunchFailure } from '../failure.ts';
import { systemReason } from '../io/system-reason.ts';

/** As hex digits the least that is allowed are 128 bits. */
const SHORTEST = 32;
const LONGEST = 64 * 2 ** 10;

/** What matters of a file's inode. */
export interface SecretFile {
  readonly uid: number;
  readonly mode: number;
  readonly size: number;
  isFile(): boolean;
}

/**
 * @returns its content.
 * @throws LaunchFailure
 */
export function readSecretFile(path: string): Buffer {
  let file: number | undefined;
  try {
    // A pipe that nobody writes to is no reason to wait.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const problem = unfit(fstatSync(file), process.getuid!());
    if (problem !== undefined) throw refusal(path, problem);
    return readFileSync(file);
  } catch (error) {
    throw error instanceof LaunchFailure ? error : refusal(path, systemReason(error));
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** @param uid - of this process. Undefined: there is nothing wrong with it. */
export function unfit(file: SecretFile, uid: number): string | undefined {
  if (!file.isFile()) return 'is no file';
  if (file.uid !== uid && file.uid !== 0) return `belongs to neither you nor root, but to user ${file.uid}`;
  if ((file.mode & 0o022) !== 0) return 'can be changed by others; chmod 600';
  // Files that root has made readable for us are another matter: Kubernetes mounts its secrets so.
  if (file.uid !== 0 && (file.mode & 0o077) !== 0) return 'can be read by others; chmod 600';
  if (file.size < SHORTEST) return `holds ${file.size} bytes, too few for a secret; openssl rand -hex 32 makes one`;
  if (file.size > LONGEST) return `holds ${file.size} bytes, too many for a secret`;
  return undefined;
}

/**
 * The key of one rendezvous, 64 hex digits, from whatever has enough entropy (HKDF, RFC 5869).
 *
 * @param salt - differs for every job that uses the same secret, where the tasks have a way to agree on it.
 */
export function keyFrom(secret: Buffer, salt: string): string {
  return Buffer.from(hkdfSync('sha256', secret, salt, 'tsmpi rendezvous', 32)).toString('hex');
}

function refusal(path: string, problem: string): LaunchFailure {
  return new LaunchFailure(`${Environment.SECRET_FILE}=${path}: ${problem}`, ExitCode.LAUNCH);
}
