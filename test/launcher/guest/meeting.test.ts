/** The tsrun of rank 0 and those of the others, over real sockets. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { Dismissed } from '../../../launcher/guest/dismissed.ts';
import { Gathering } from '../../../launcher/guest/gathering.ts';
import { GREETING, type Hello } from '../../../launcher/guest/greeting.ts';
import { joinRankZero } from '../../../launcher/guest/joining.ts';
import type { Contact, MeetingPoint } from '../../../launcher/guest/meeting-point.ts';
import { tlsClientOptions } from '../../../src/contract/tls.ts';

const SECRET = '5e'.repeat(32);
const HERE = { host: '127.0.0.1', port: 0 };

/** A meeting point whose contact the test decides. */
function meeting(find: () => Contact | undefined): MeetingPoint {
  return {
    listen: HERE,
    secret: SECRET,
    absence: 'nothing is known of it',
    advice: undefined,
    publish: () => Promise.resolve(),
    find: () => Promise.resolve(find()),
    leave: () => Promise.resolve(),
  };
}

/** Until then, without interruption. */
const by = (deadline: AbortSignal) => ({ deadline, milliseconds: 20_000, interrupted: new AbortController().signal });

const hello = (rank: number, size: number, more: Partial<Hello> = {}): Hello => ({
  greeting: GREETING,
  rank,
  size,
  machine: 'm',
  host: 'h',
  script: '/s.ts',
  failure: undefined,
  ...more,
});

describe('a rendezvous', () => {
  const cleanups: (() => void)[] = [];
  afterEach(() => {
    for (const cleanup of cleanups.splice(0)) cleanup();
  });

  async function open(size: number): Promise<{ gathering: Gathering; contact: Contact }> {
    const gathering = await Gathering.open(HERE, SECRET, size);
    cleanups.push(() => void gathering.dismiss(1));
    return { gathering, contact: { hosts: ['127.0.0.1'], port: gathering.port, secret: SECRET } };
  }

  function deadline(): AbortController {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(new Error('the test took too long')), 20_000);
    cleanups.push(() => {
      clearTimeout(timer);
      controller.abort();
    });
    return controller;
  }

  it('lets everybody in, tells who they are, and hands the connections over', async () => {
    const { gathering, contact } = await open(4);
    const { signal } = deadline();
    const others = [2, 3, 1].map((rank) =>
      joinRankZero(
        meeting(() => contact),
        hello(rank, 4),
        by(signal),
      ),
    );
    const arrivals = await gathering.everybody(by(signal));
    expect(arrivals.map(({ hello: { rank } }) => rank)).toEqual([1, 2, 3]);
    expect(arrivals.map(({ address }) => address)).toEqual(Array(3).fill('127.0.0.1'));
    gathering.go();
    const sockets = await Promise.all(others);
    for (const [index, socket] of [sockets[2]!, sockets[0]!, sockets[1]!].entries()) {
      arrivals[index]!.socket.write(`to rank ${index + 1}`);
      socket.write(`from rank ${index + 1}`);
      const [a, b] = await Promise.all([next(socket), next(arrivals[index]!.socket)]);
      expect([a, b]).toEqual([`to rank ${index + 1}`, `from rank ${index + 1}`]);
      socket.destroy();
    }
  });

  it('waits for rank 0, which may come last, and tries old addresses again', async () => {
    const { signal } = deadline();
    let contact: Contact | undefined;
    let asked = 0;
    const other = joinRankZero(
      meeting(() => {
        // Nothing; then what an older job has left; then the truth.
        const stale = { hosts: ['127.0.0.1'], port: 1, secret: SECRET };
        return [undefined, stale][asked++] ?? contact;
      }),
      hello(1, 2),
      by(signal),
    );
    const opened = await open(2);
    contact = opened.contact;
    await opened.gathering.everybody(by(signal));
    opened.gathering.go();
    (await other).destroy();
    expect(asked).toBeGreaterThanOrEqual(3);
  });

  it('tries all addresses of rank 0', async () => {
    const { gathering, contact } = await open(2);
    const { signal } = deadline();
    const other = joinRankZero(
      meeting(() => ({ ...contact, hosts: ['127.0.0.2', '127.0.0.1'] })),
      hello(1, 2),
      by(signal),
    );
    await gathering.everybody(by(signal));
    gathering.go();
    (await other).destroy();
  });

  it('names who has not come', async () => {
    const { gathering, contact } = await open(5);
    const patience = deadline();
    const { signal } = patience;
    const others = Promise.allSettled(
      [1, 3].map((rank) =>
        joinRankZero(
          meeting(() => contact),
          hello(rank, 5),
          by(signal),
        ),
      ),
    );
    const everybody = gathering.everybody(by(signal));
    await until(() => gathering.present === 2);
    patience.abort(new Error('too late'));
    await expect(everybody).rejects.toThrow('ranks 2, 4 of 5 have not come within 20 s');
    await gathering.dismiss(125);
    expect(await others).toMatchObject([{ reason: new Dismissed(125) }, { reason: new Dismissed(125) }]);
  });

  it('ends at once when it is told to, though rank 0 is there', async () => {
    const { gathering, contact } = await open(3);
    const interruption = new AbortController();
    const patience = {
      deadline: AbortSignal.any([deadline().signal, interruption.signal]),
      milliseconds: 20_000,
      interrupted: interruption.signal,
    };
    const other = joinRankZero(
      meeting(() => contact),
      hello(1, 3),
      patience,
    );
    other.catch(() => {});
    await until(() => gathering.present === 1);
    const began = performance.now();
    interruption.abort(new Error('SIGTERM'));
    await expect(other).rejects.toThrow('did not find rank 0');
    expect(performance.now() - began).toBeLessThan(2000);
  });

  it('tells what was in the way of those who did not find it', async () => {
    const patience = deadline();
    const lost = joinRankZero(
      meeting(() => undefined),
      hello(1, 2),
      by(patience.signal),
    );
    setTimeout(() => patience.abort(), 100);
    await expect(lost).rejects.toThrow('rank 1 of 2 did not find rank 0 within 20 s: nothing is known of it');

    const again = deadline();
    const contact = { hosts: ['127.0.0.1'], port: 1, secret: SECRET };
    const refused = joinRankZero(
      meeting(() => contact),
      hello(1, 2),
      by(again.signal),
    );
    setTimeout(() => again.abort(), 200);
    await expect(refused).rejects.toThrow(
      'rank 1 of 2 did not find rank 0 within 20 s: 127.0.0.1, port 1: connection refused',
    );
  });

  it('keeps those out who do not know the secret, and tells them apart from the missing', async () => {
    const { gathering, contact } = await open(2);
    const patience = deadline();
    const stranger = joinRankZero(
      meeting(() => ({ ...contact, secret: 'ab'.repeat(32) })),
      hello(1, 2),
      by(patience.signal),
    );
    const everybody = gathering.everybody(by(patience.signal));
    setTimeout(() => patience.abort(), 400);
    await expect(everybody).rejects.toThrow(
      'rank 1 of 2 has not come within 20 s; connections from 127.0.0.1 did not know the secret: is it the same everywhere?',
    );
    await expect(stranger).rejects.toThrow(`port ${contact.port}: it does not know our secret`);
  });

  it.each([
    [{ rank: 1 }, 'rank 1 is there already'],
    [{ rank: 7 }, 'it has no use for a rank 7 of 3'],
    [{ rank: 0 }, 'it has no use for a rank 0 of 3'],
    [{ size: 4 }, 'its job has 3 ranks and not 4'],
    [{ greeting: 99 }, 'it is another version of tsmpi; every host needs the same'],
    [{ machine: 5 as never }, 'it said nothing that makes sense'],
  ])('refuses %j', async (more, reason) => {
    const { gathering, contact } = await open(3);
    const patience = deadline();
    const { signal } = patience;
    const first = joinRankZero(
      meeting(() => contact),
      hello(1, 3),
      by(signal),
    );
    first.catch(() => {});
    await until(() => gathering.present === 1);
    const refused = joinRankZero(
      meeting(() => contact),
      hello(2, 3, more),
      by(signal),
    );
    setTimeout(() => patience.abort(), 300);
    await expect(refused).rejects.toThrow(`port ${contact.port}: ${reason}`);
    expect(gathering.present).toBe(1);
  });

  it('lets somebody come again who has gone before everybody was there', async () => {
    const { gathering, contact } = await open(3);
    const { signal } = deadline();
    const socket = connectTls({ host: '127.0.0.1', port: contact.port, ...tlsClientOptions(SECRET, 'control') });
    socket.on('error', () => {});
    socket.write(`${JSON.stringify(hello(1, 3))}\n`);
    await until(() => gathering.present === 1);
    socket.end();
    await until(() => gathering.present === 0);
    const others = [1, 2].map((rank) =>
      joinRankZero(
        meeting(() => contact),
        hello(rank, 3),
        by(signal),
      ),
    );
    await gathering.everybody(by(signal));
    gathering.go();
    for (const other of others) (await other).destroy();
  });

  it('goes on behind a crowd of connections that say nothing, or nonsense', async () => {
    const { gathering, contact } = await open(2);
    const { signal } = deadline();
    const crowd: Socket[] = [];
    cleanups.push(() => {
      for (const socket of crowd) socket.destroy();
    });
    for (let index = 0; index < 400; index++) {
      const socket = connect(contact.port, '127.0.0.1');
      socket.on('error', () => {});
      crowd.push(socket);
      if (index % 2 === 0) socket.write('GET / HTTP/1.1\r\n\r\n');
    }
    await Promise.all(
      crowd.map((socket) => new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))),
    );
    const other = joinRankZero(
      meeting(() => contact),
      hello(1, 2),
      by(signal),
    );
    await gathering.everybody(by(signal));
    gathering.go();
    (await other).destroy();
  });

  it('bounds a greeting', async () => {
    const { gathering, contact } = await open(2);
    const socket = connectTls({ host: '127.0.0.1', port: contact.port, ...tlsClientOptions(SECRET, 'control') });
    socket.on('error', () => {});
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.resume();
    socket.write('x'.repeat(2 ** 20));
    await closed;
    expect(gathering.present).toBe(0);
  });
});

function next(stream: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve) => stream.once('data', (chunk: Buffer) => resolve(chunk.toString())));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
