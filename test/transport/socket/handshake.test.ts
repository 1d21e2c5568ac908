import { describe, expect, it } from 'vitest';
import {
  AcceptorHandshake,
  ANSWER_BYTES,
  DialerHandshake,
  HELLO_BYTES,
  type Hello,
  MAGIC,
  PROOF_BYTES,
  Role,
  Status,
  startsLikeMagic,
} from '../../../src/transport/socket/handshake.ts';
import { WIRE_VERSION } from '../../../src/wire/header.ts';

const secret = Buffer.alloc(32, 7);
const hello: Hello = { role: Role.DATA, job: '00112233445566ff', epoch: 5, from: 0x01020304, to: 9 };
const nonces = { dialer: Buffer.alloc(32, 0xdd), acceptor: Buffer.alloc(32, 0xaa) };
const everybody = () => Status.OK;

function dialer(key = secret): DialerHandshake {
  return new DialerHandshake(key, hello, 'tcp:127.0.0.1:1', nonces.dialer);
}

function acceptor(key = secret, admit: (hello: Hello) => Status = everybody): AcceptorHandshake {
  return new AcceptorHandshake(key, admit, nonces.acceptor);
}

function flipped(message: Buffer, bit: number): Buffer {
  const copy = Buffer.from(message);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

describe('handshake', () => {
  it('the hello stands byte for byte', () => {
    expect(dialer().hello.toString('hex')).toBe(
      `54534d50490d0a00${'0500'}${'01'}${'00'}${'00112233445566ff'}${'05000000'}${'04030201'}${'09000000'}${'dd'.repeat(32)}`,
    );
    expect(dialer().hello).toHaveLength(HELLO_BYTES);
  });

  it('two that know the secret are sure of each other, and know who dials', () => {
    const one = dialer();
    const other = acceptor();
    const { answer, dialer: said } = other.answer(one.hello);
    expect(said).toEqual(hello);
    expect(answer).toHaveLength(ANSWER_BYTES);
    const proof = one.prove(answer)!;
    expect(proof).toHaveLength(PROOF_BYTES);
    expect(other.verify(proof)).toBe(true);
    expect(one.conclude(Buffer.of(Status.OK))).toBe(true);
  });

  it('reads less than 128 bytes of a dialer that is not proved', () => {
    expect(HELLO_BYTES + PROOF_BYTES).toBeLessThanOrEqual(128);
  });

  it('another secret is found out by the dialer, and by the acceptor', () => {
    const other = Buffer.alloc(32, 8);
    expect(() => dialer(other).prove(acceptor().answer(dialer().hello).answer)).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH', peer: 9 }),
    );
    const guarded = acceptor();
    guarded.answer(dialer().hello);
    const impostor = acceptor(other).answer(dialer().hello).answer;
    expect(guarded.verify(dialer(other).prove(impostor)!)).toBe(false);
  });

  it('no bit of any message can be changed on the way', () => {
    for (let bit = MAGIC.length * 8; bit < HELLO_BYTES * 8; bit++) {
      const { answer } = acceptor().answer(flipped(dialer().hello, bit));
      expect(() => dialer().prove(answer), `hello, bit ${bit}`).toThrow();
    }
    const { answer } = acceptor().answer(dialer().hello);
    for (let bit = MAGIC.length * 8; bit < ANSWER_BYTES * 8; bit++) {
      expect(() => dialer().prove(flipped(answer, bit)), `answer, bit ${bit}`).toThrow();
    }
    const guarded = acceptor();
    const proof = dialer().prove(guarded.answer(dialer().hello).answer)!;
    for (let bit = 0; bit < PROOF_BYTES * 8; bit++) {
      expect(guarded.verify(flipped(proof, bit)), `proof, bit ${bit}`).toBe(false);
    }
  });

  it("the acceptor's own proof, shown back to it, proves nothing", () => {
    const guarded = acceptor();
    const { answer } = guarded.answer(dialer().hello);
    expect(guarded.verify(answer.subarray(ANSWER_BYTES - PROOF_BYTES))).toBe(false);
  });

  it('the proof of one conversation is worth nothing in the next', () => {
    const first = acceptor();
    const proof = dialer().prove(first.answer(dialer().hello).answer)!;
    const next = new AcceptorHandshake(secret, everybody);
    next.answer(dialer().hello);
    expect(next.verify(proof)).toBe(false);
  });

  it('another version is named on both sides, whatever else the message says', () => {
    const strange = Buffer.from(dialer().hello);
    strange.writeUInt16LE(WIRE_VERSION + 1, 8);
    const { answer, dialer: said } = acceptor().answer(strange);
    expect(said).toBeUndefined();
    expect(answer.readUInt8(10)).toBe(Status.VERSION);
    const newer = acceptor().answer(dialer().hello).answer;
    newer.writeUInt16LE(WIRE_VERSION + 1, 8);
    expect(() => dialer().prove(newer)).toThrow(
      expect.objectContaining({ code: 'ERR_PROTOCOL', expected: WIRE_VERSION, actual: WIRE_VERSION + 1 }),
    );
  });

  it('a dialer that is being dialled itself is told so, before its proof or after it', () => {
    const { answer, dialer: said } = acceptor(secret, () => Status.CROSSED).answer(dialer().hello);
    expect(said).toBeUndefined();
    expect(dialer().prove(answer)).toBeUndefined();
    expect(dialer().conclude(Buffer.of(Status.CROSSED))).toBe(false);
  });

  it.each(Object.entries(Status).filter(([, status]) => status > Status.VERSION && status !== Status.CROSSED))(
    'a refusal (%s) says why and proves nothing',
    (_, status) => {
      const { answer, dialer: said } = acceptor(secret, () => status).answer(dialer().hello);
      expect(said).toBeUndefined();
      expect(answer.subarray(16).every((byte) => byte === 0)).toBe(true);
      expect(() => dialer().prove(answer)).toThrow(expect.objectContaining({ code: 'ERR_LAUNCH', peer: 9 }));
      expect(() => dialer().prove(answer)).not.toThrow('status');
      expect(() => dialer().prove(answer)).toThrow('tcp:127.0.0.1:1');
      expect(() => dialer().conclude(Buffer.of(status))).toThrow(
        expect.objectContaining({ code: 'ERR_LAUNCH', peer: 9 }),
      );
    },
  );

  it('tells from the first bytes what is none of ours', () => {
    for (let length = 0; length <= MAGIC.length; length++)
      expect(startsLikeMagic(MAGIC.subarray(0, length))).toBe(true);
    expect(startsLikeMagic(dialer().hello)).toBe(true);
    expect(startsLikeMagic(Buffer.from('G'))).toBe(false);
    expect(startsLikeMagic(Buffer.from('TSMPI\n\n\0'))).toBe(false);
  });
});
