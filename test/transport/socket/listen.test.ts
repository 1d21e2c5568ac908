import type net from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ListenOptions, listen } from '../../../src/transport/socket/listen.ts';

const host = '127.0.0.1';

async function listened(options: Partial<ListenOptions>): Promise<number> {
  const server = await listen({ kind: 'tcp', listen: host, ...options });
  onTestFinished(() => void server.close());
  return (server.address() as net.AddressInfo).port;
}

/** The first of so many ports in a row that were free a moment ago. */
async function freeRange(count: number): Promise<number> {
  for (;;) {
    const first = await listened({});
    const rest = Array.from({ length: count - 1 }, (_, i) =>
      listen({ kind: 'tcp', listen: host, ports: [first + 1 + i, first + 1 + i] }),
    );
    const probes = await Promise.allSettled(rest);
    for (const probe of probes)
      if (probe.status === 'fulfilled') await new Promise((resolve) => probe.value.close(resolve));
    if (probes.every(({ status }) => status === 'fulfilled') && first + count <= 65_536) return first + 1;
  }
}

describe('listening in a range of ports', () => {
  it('each endpoint begins at another place, so each finds its own at once', async () => {
    const first = await freeRange(5);
    const range = [first, first + 3] as const;
    const ports = await Promise.all([0, 1, 2, 3].map((offset) => listened({ ports: range, offset })));
    expect(ports).toEqual([first, first + 1, first + 2, first + 3]);
  });

  it('tries all of them, from its place on and around', async () => {
    const first = await freeRange(5);
    const range = [first, first + 3] as const;
    const ports = [];
    for (let i = 0; i < 4; i++) ports.push(await listened({ ports: range, offset: 6 }));
    expect(ports).toEqual([first + 2, first + 3, first, first + 1]);
  });

  it('with none free is a launch error that names range and address', async () => {
    const port = await listened({});
    const again = listened({ ports: [port, port] });
    await expect(again).rejects.toMatchObject({ code: 'ERR_LAUNCH', cause: { code: 'EADDRINUSE' } });
    await expect(again).rejects.toThrow(
      `can't listen at ${host} for the other ranks of the job: none of the ports ${port} to ${port} is free`,
    );
  });

  it('at an address that is not of this host is that, and no other port is tried', async () => {
    const elsewhere = listened({ listen: '192.0.2.1', ports: [40_000, 50_000] });
    await expect(elsewhere).rejects.toMatchObject({ code: 'ERR_LAUNCH', cause: { code: 'EADDRNOTAVAIL' } });
    await expect(elsewhere).rejects.toThrow("can't listen at 192.0.2.1");
  });
});
