/**
 * How two endpoints make sure of each other before the first frame: four messages of fixed sizes.
 *
 *     1  dialer -> acceptor   64 bytes   magic, version, role, job, epoch, from, to, nonce
 *     2  acceptor -> dialer   80 bytes   magic, version, status, nonce, proof
 *     3  dialer -> acceptor   32 bytes   proof
 *     4  acceptor -> dialer    1 byte    status
 *
 * The last one lets the acceptor judge who has proved itself, and tells the dialer that frames can flow: before it the acceptor
 * can drop a connection, and the dialer try another, without anything being lost.
 *
 * A proof is the HMAC-SHA256, under the job's secret, of a label that names the prover's part and of all bytes before it.
 * So neither side can be shown the other's proof of this conversation (the labels differ) or one of another conversation
 * (each side's fresh nonce is in it), and nobody between them can change a field. Nothing here does I/O.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { invariant } from '../../base/invariant.ts';
import { refusedLink, versionMismatch, wrongSecret } from '../../errors.ts';
import { WIRE_VERSION } from '../../wire/header.ts';

export const HELLO_BYTES = 64;
export const ANSWER_BYTES = 80;
export const PROOF_BYTES = 32;
export const VERDICT_BYTES = 1;
export const NONCE_BYTES = 32;

const JOB_BYTES = 8;
/** Its line ends and its zero show at once whatever treats the bytes as text. */
export const MAGIC = Buffer.from('TSMPI\r\n\0', 'latin1');

/** What a connection is for. */
export const Role = { DATA: 1, CONTROL: 2 } as const;
export type Role = (typeof Role)[keyof typeof Role];

/** What the acceptor says to a dialer, of whom it has heard only, or has proof. */
export const Status = {
  OK: 0,
  VERSION: 1,
  JOB: 2,
  EPOCH: 3,
  ROLE: 4,
  ENDPOINT: 5,
  DUPLICATE: 6,
  /** The acceptor is dialling the dialer, and that connection is the one to be: try again later. */
  CROSSED: 7,
  GONE: 8,
} as const;
export type Status = (typeof Status)[keyof typeof Status];

const REFUSALS: Readonly<Record<number, string>> = {
  [Status.JOB]: 'it belongs to another job',
  [Status.EPOCH]: 'it belongs to another start of this job',
  [Status.ROLE]: 'it takes no connections of this kind',
  [Status.ENDPOINT]: 'it is not the process that was meant',
  [Status.DUPLICATE]: 'it has a connection from this process already',
  [Status.GONE]: 'it has closed its link to this process',
};

/** What the dialer says of itself and of whom it means. */
export interface Hello {
  readonly role: Role;
  /** 16 hex digits. */
  readonly job: string;
  readonly epoch: number;
  readonly from: number;
  readonly to: number;
}

/** Whether bytes that have come so far can be the beginning of a message of ours. */
export function startsLikeMagic(bytes: Uint8Array): boolean {
  const length = Math.min(bytes.byteLength, MAGIC.length);
  return MAGIC.compare(bytes, 0, length, 0, length) === 0;
}

/** The dialer's side. */
export class DialerHandshake {
  /** Message 1. */
  readonly hello: Buffer;
  readonly #secret: Buffer;
  readonly #peer: number;
  readonly #address: string;

  /** @param address - where the peer is dialled, for messages. */
  constructor(secret: Buffer, hello: Hello, address: string, nonce: Buffer = randomBytes(NONCE_BYTES)) {
    this.#secret = secret;
    this.#peer = hello.to;
    this.#address = address;
    this.hello = encodeHello(hello, nonce);
  }

  /**
   * Takes message 2, whose magic was looked at, and answers message 3; none where the acceptor is dialling us itself. Throws
   * `ERR_PROTOCOL` for another version, `ERR_AUTH` for another secret, `ERR_LAUNCH` for a refusal.
   */
  prove(answer: Buffer): Buffer | undefined {
    invariant(answer.length === ANSWER_BYTES, 'an answer of another length', answer.length);
    const version = answer.readUInt16LE(8);
    const status = answer.readUInt8(10);
    if (status === Status.VERSION || version !== WIRE_VERSION) throw versionMismatch(this.#peer, WIRE_VERSION, version);
    if (!this.#admitted(status)) return undefined;
    const body = answer.subarray(0, ANSWER_BYTES - PROOF_BYTES);
    const expected = proof(this.#secret, 'acceptor', this.hello, body);
    if (!timingSafeEqual(expected, answer.subarray(ANSWER_BYTES - PROOF_BYTES))) {
      throw wrongSecret(this.#peer, this.#address);
    }
    return proof(this.#secret, 'dialer', this.hello, answer);
  }

  /** Takes message 4: whether frames can flow, or the acceptor is dialling us itself. Throws `ERR_LAUNCH` for a refusal. */
  conclude(verdict: Buffer): boolean {
    invariant(verdict.length === VERDICT_BYTES, 'a verdict of another length', verdict.length);
    return this.#admitted(verdict.readUInt8(0));
  }

  #admitted(status: number): boolean {
    if (status === Status.OK || status === Status.CROSSED) return status === Status.OK;
    throw refusedLink(this.#peer, this.#address, REFUSALS[status] ?? `status ${status}`);
  }
}

/** The acceptor's side. */
export class AcceptorHandshake {
  readonly #secret: Buffer;
  readonly #admit: (hello: Hello) => Status;
  readonly #nonce: Buffer;
  #expected: Buffer | undefined;

  /** @param admit - judges what the dialer says of itself, which is not proved yet. */
  constructor(secret: Buffer, admit: (hello: Hello) => Status, nonce: Buffer = randomBytes(NONCE_BYTES)) {
    this.#secret = secret;
    this.#admit = admit;
    this.#nonce = nonce;
  }

  /** Takes message 1; answers message 2 and who the dialer says it is, or no dialer when the answer is a refusal. */
  answer(message: Buffer): { answer: Buffer; dialer: Hello | undefined } {
    invariant(message.length === HELLO_BYTES, 'a hello of another length', message.length);
    // The bytes are the connection's own read buffer, and proofs need them later.
    const kept = Buffer.from(message);
    const answer = Buffer.alloc(ANSWER_BYTES);
    MAGIC.copy(answer);
    answer.writeUInt16LE(WIRE_VERSION, 8);
    let status: Status = Status.VERSION;
    let dialer: Hello | undefined;
    if (kept.readUInt16LE(8) === WIRE_VERSION) {
      dialer = decodeHello(kept);
      status = this.#admit(dialer);
    }
    answer.writeUInt8(status, 10);
    // A refusal proves nothing and needs no proof: strangers learn only that it was one.
    if (status !== Status.OK) return { answer, dialer: undefined };
    this.#nonce.copy(answer, 16);
    proof(this.#secret, 'acceptor', kept, answer.subarray(0, ANSWER_BYTES - PROOF_BYTES)).copy(
      answer,
      ANSWER_BYTES - PROOF_BYTES,
    );
    this.#expected = proof(this.#secret, 'dialer', kept, answer);
    return { answer, dialer };
  }

  /** Whether message 3 proves that the dialer knows the secret. */
  verify(message: Buffer): boolean {
    invariant(this.#expected, 'a proof before the hello');
    return message.length === PROOF_BYTES && timingSafeEqual(this.#expected, message);
  }
}

function proof(secret: Buffer, part: 'dialer' | 'acceptor', first: Buffer, second: Buffer): Buffer {
  return createHmac('sha256', secret).update(`tsmpi link ${part}\0`).update(first).update(second).digest();
}

function encodeHello({ role, job, epoch, from, to }: Hello, nonce: Buffer): Buffer {
  const jobBytes = Buffer.from(job, 'hex');
  invariant(jobBytes.length === JOB_BYTES && nonce.length === NONCE_BYTES, 'a job or nonce of another length', job);
  const message = Buffer.alloc(HELLO_BYTES);
  MAGIC.copy(message);
  message.writeUInt16LE(WIRE_VERSION, 8);
  message.writeUInt8(role, 10);
  jobBytes.copy(message, 12);
  message.writeUInt32LE(epoch, 20);
  message.writeUInt32LE(from, 24);
  message.writeUInt32LE(to, 28);
  nonce.copy(message, 32);
  return message;
}

function decodeHello(message: Buffer): Hello {
  return {
    role: message.readUInt8(10) as Role,
    job: message.toString('hex', 12, 12 + JOB_BYTES),
    epoch: message.readUInt32LE(20),
    from: message.readUInt32LE(24),
    to: message.readUInt32LE(28),
  };
}
