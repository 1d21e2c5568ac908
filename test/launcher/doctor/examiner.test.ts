import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import type { ByteStreams } from '../../../launcher/agents/channel.ts';
import { type Examiner, LocalExaminer } from '../../../launcher/doctor/examiner.ts';
import { tryCompilers, tryListening } from '../../../launcher/doctor/probes.ts';
import { RemoteExaminer, serveExaminer } from '../../../launcher/doctor/remote.ts';

const open: { close(): unknown }[] = [];
const closing = <T extends { close(): unknown }>(one: T): T => {
  open.push(one);
  return one;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

/** A program at the other end, as ssh would start it. */
function connected(serve: (streams: ByteStreams) => unknown) {
  const [near, far] = pair();
  serve({ readable: far, writable: far });
  return {
    far,
    connection: {
      opened: Promise.resolve({ readable: near, writable: near }),
      lastWords: () => Promise.resolve('ssh: connection reset'),
      close: async () => void near.destroy(),
    },
  };
}

/** What is written to one is read from the other. */
function pair(): [Duplex, Duplex] {
  const make = (other: () => Duplex) =>
    new Duplex({
      read() {},
      write(chunk, _, done) {
        other().push(chunk);
        done();
      },
      final(done) {
        other().push(null);
        done();
      },
    });
  const near: Duplex = make(() => far);
  const far: Duplex = make(() => near);
  return [near, far];
}

describe.each<[string, () => Promise<Examiner>]>([
  ['of this host', async () => new LocalExaminer()],
  ['of another host', () => RemoteExaminer.open(connected(serveExaminer).connection)],
])('an examiner %s', (_, make) => {
  test('looks at the machine', async () => {
    const examiner = closing(await make());
    const query = { interface: undefined, towards: undefined, workingDirectory: process.cwd(), native: undefined };
    const facts = await examiner.facts(query);
    expect(facts).toMatchObject({ platform: process.platform, node: process.versions.node, endianness: 'LE' });
    expect(facts.processors.usable).toBeGreaterThan(0);
    expect(facts.limits.memory).toBeGreaterThan(2 ** 20);
    expect(facts.files.workingDirectory).toBe(true);
    const elsewhere = await examiner.facts({ ...query, workingDirectory: '/no/such/folder', interface: 'no-such-one' });
    expect(elsewhere.files.workingDirectory).toBe(false);
    expect(elsewhere.network.problem).toContain('no-such-one');
  });

  test('reads its clock', async () => {
    expect(Math.abs((await closing(await make()).clock()) - Date.now())).toBeLessThan(60_000);
  });

  test('listens, and is reached by whoever expects it there', async () => {
    const [one, other] = [closing(await make()), closing(await make())];
    const listening = await one.listen({ address: '127.0.0.1', ports: undefined, token: 'one' });
    const target = { address: '127.0.0.1', port: listening.port!, token: 'one' };
    expect(await other.dial([target, { ...target, token: 'two' }])).toEqual([null, 'somebody else answers']);
  });

  test('says why it is not reached', async () => {
    const taken = closing(createServer((socket) => socket.end()));
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    const examiner = closing(await make());
    const target = { address: '127.0.0.1', port, token: 'x' };
    expect(await examiner.dial([target])).toEqual(['somebody else answers']);
    expect(await examiner.listen({ address: '127.0.0.1', ports: [port, port], token: 'x' })).toEqual({
      port: null,
      problem: `no port from ${port} to ${port} is free`,
    });
    // RFC 5737: an address of documents is none of this machine's.
    expect(await examiner.listen({ address: '192.0.2.77', ports: undefined, token: 'x' })).toMatchObject({
      port: null,
      problem: expect.stringContaining('address'),
    });
    await new Promise((resolve) => taken.close(resolve));
    expect(await examiner.dial([target])).toEqual(['connection refused']);
  });
});

describe('the connection to an examiner', () => {
  test('that is of another version is given up', async () => {
    const { connection } = connected(({ writable }) => {
      const head = Buffer.from(JSON.stringify({ type: 'version', version: '9.9.9' }));
      const lengths = Buffer.alloc(8);
      lengths.writeUInt32LE(head.length, 0);
      writable.write(Buffer.concat([lengths, head]));
    });
    await expect(RemoteExaminer.open(connection)).rejects.toThrow(
      /^tsmpi 9\.9\.9 is there, this is .*; install the same on all hosts$/,
    );
  });

  test('that ends, before or after the first word, fails what was asked', async () => {
    const early = connected(({ writable }) => writable.end());
    await expect(RemoteExaminer.open(early.connection)).rejects.toThrow('ssh: connection reset');
    const late = connected(serveExaminer);
    const examiner = closing(await RemoteExaminer.open(late.connection));
    const asked = examiner.dial([]);
    late.far.push(null);
    late.far.end();
    await asked.catch(() => {});
    await expect(examiner.clock()).rejects.toThrow('ssh: connection reset');
  });
});

describe('what is tried out', () => {
  test('works here', async () => {
    expect(await tryCompilers()).toEqual({ esbuild: undefined, tsx: undefined });
    expect(await tryListening({ host: '127.0.0.1', port: 0 })).toBeUndefined();
  });

  test('says why it does not work', async () => {
    expect(await tryListening({ path: join(tmpdir(), 'no-such-folder', 'socket') })).toBe('permission denied');
    expect(await tryListening({ host: '192.0.2.77', port: 0 })).toMatch(/address/);
  });
});
