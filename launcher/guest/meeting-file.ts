/** Meeting through a file, named after the job, that every task can read and nobody else can. */
import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ExitCode, LaunchFailure } from '../failure.ts';
import { systemReason } from '../io/system-reason.ts';
import type { Contact, ListeningPlace, MeetingPoint, OwnPlace } from './meeting-point.ts';
import { keyFrom } from './secret.ts';

/** What stands in the file. */
interface Note {
  readonly hosts: readonly string[];
  readonly port: number;
  /** New for every job: whoever reads the file of an older one proves nothing with it. */
  readonly nonce: string;
}

export interface MeetingFileOptions {
  /** A secret that all tasks have, on top of what stands in the file. */
  readonly shared?: Buffer;
  /** See {@link MeetingPoint.advice}. */
  readonly advice?: string;
}

export class MeetingFile implements MeetingPoint {
  readonly listen: ListeningPlace;
  readonly absence: string;
  readonly advice: string | undefined;
  readonly #path: string;
  readonly #hosts: readonly string[];
  readonly #shared: Buffer;
  readonly #nonce = randomBytes(32).toString('hex');
  #published = false;

  constructor(
    path: string,
    { hosts, listen }: OwnPlace,
    { shared = Buffer.alloc(0), advice }: MeetingFileOptions = {},
  ) {
    this.advice = advice;
    this.#path = path;
    this.#hosts = hosts;
    this.#shared = shared;
    this.listen = { host: listen, port: 0 };
    this.absence = `there is no address of it in ${path}`;
  }

  get secret(): string {
    return this.#keyOf(this.#nonce);
  }

  /** @throws LaunchFailure */
  async publish(port: number): Promise<void> {
    const note: Note = { hosts: this.#hosts, port, nonce: this.#nonce };
    // Nobody reads half of it.
    const draft = `${this.#path}.${process.pid}`;
    try {
      writeFileSync(draft, JSON.stringify(note), { mode: 0o600, flag: 'wx' });
      renameSync(draft, this.#path);
      this.#published = true;
    } catch (error) {
      rmSync(draft, { force: true });
      throw new LaunchFailure(`${draft}: ${systemReason(error)}`, ExitCode.LAUNCH);
    }
  }

  async find(): Promise<Contact | undefined> {
    const note = readNote(this.#path);
    return note && { hosts: note.hosts, port: note.port, secret: this.#keyOf(note.nonce) };
  }

  async leave(): Promise<void> {
    if (!this.#published) return;
    this.#published = false;
    // Unless somebody else has put his own there.
    if (readNote(this.#path)?.nonce === this.#nonce) rmSync(this.#path, { force: true });
  }

  #keyOf(nonce: string): string {
    return keyFrom(Buffer.concat([this.#shared, Buffer.from(nonce, 'hex')]), '');
  }
}

function readNote(path: string): Note | undefined {
  try {
    // A network file system remembers for a while that a file was not there, unless somebody looks into its folder.
    readdirSync(dirname(path));
    const note = JSON.parse(readFileSync(path, 'utf8')) as Note;
    return Array.isArray(note.hosts) && typeof note.nonce === 'string' ? note : undefined;
  } catch {
    return undefined;
  }
}

/**
 * This user's folder on this machine for such files: nobody else can look into it, or put anything there.
 *
 * @throws LaunchFailure
 */
export function ownFolder(): string {
  const uid = process.getuid!();
  const path = join(tmpdir(), `tsmpi-${uid}`);
  const refusal = (problem: string): LaunchFailure => new LaunchFailure(`${path}: ${problem}`, ExitCode.LAUNCH);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw refusal(systemReason(error));
  }
  const found = lstatSync(path);
  if (!found.isDirectory() || found.uid !== uid) throw refusal('somebody else has put that there; remove it');
  if ((found.mode & 0o077) !== 0) throw refusal('others can look into it; chmod 700');
  return path;
}
