import { openSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { KeyValueSpace } from '../../../launcher/guest/key-value-space.ts';
import { PmiClient } from '../../../launcher/guest/pmi1.ts';
import { PmiServer, type PmiServerOptions } from './pmi-server.ts';

const patience = () => AbortSignal.timeout(20_000);
const place = (host: string) => ({ listen: undefined, hosts: [host] });

describe('PMI-1', () => {
  let server: PmiServer | undefined;
  const clients: PmiClient[] = [];

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.finalize()));
    server?.close();
  });

  async function connect(options: PmiServerOptions): Promise<PmiClient[]> {
    server = await PmiServer.start(options);
    for (let id = 0; id < options.size; id++) clients.push(await PmiClient.open(server.environment(id), patience()));
    return clients;
  }

  it('leads a value from one task to the others, past a barrier', async () => {
    const [a, b] = await connect({ size: 2 });
    await a!.put('tsmpi-x', 'one=two');
    await Promise.all([a!.barrier(), b!.barrier()]);
    expect(await b!.get('tsmpi-x')).toBe('one=two');
  });

  it('says which task this is, over a port', async () => {
    const [, b] = await connect({ size: 2 });
    expect(b!.environment).toEqual({ PMI_RANK: '1', PMI_SIZE: '2' });
  });

  it('speaks lines that end in one newline, in the order of the protocol', async () => {
    const [a] = await connect({ size: 1 });
    await a!.put('k', 'v');
    await a!.finalize();
    expect(server!.requests).toEqual([
      'cmd=initack pmiid=0',
      'cmd=init pmi_version=1 pmi_subversion=1',
      'cmd=get_maxes',
      'cmd=get_my_kvsname',
      'cmd=put kvsname=kvs_0 key=k value=v',
      'cmd=finalize',
    ]);
  });

  it('reads replies however they are cut, and whatever else stands in them', async () => {
    const distort = (request: string) =>
      request === 'cmd=get_my_kvsname' ? '  msg=ok kvsname=kvs_7  cmd=my_kvsname ' : undefined;
    const [a] = await connect({ size: 1, pieces: 3, distort });
    await a!.put('k', 'v');
    expect(server!.requests.at(-1)).toBe('cmd=put kvsname=kvs_7 key=k value=v');
  });

  it('respects the limits of the server', async () => {
    const [a] = await connect({ size: 1, longestKey: 8, longestValue: 8 });
    expect(a!.longestValue).toBe(7);
    await a!.put('1234567', '1234567');
    await expect(a!.put('12345678', 'v')).rejects.toThrow('its limits of 8 and 8 bytes are too low');
    await expect(a!.put('k', '12345678')).rejects.toThrow('its limits of 8 and 8 bytes are too low');
  });

  it('hears of a server that refuses', async () => {
    const [a] = await connect({ size: 1 });
    await expect(a!.get('nothing')).rejects.toThrow('it answered get_result with rc=-1 key_nothing_not_found');
  });

  it('hears of a server of another kind', async () => {
    const strange = connect({ size: 1, distort: () => 'HTTP/1.1 400 Bad Request' });
    await expect(strange).rejects.toThrow('it sent "HTTP/1.1 400 Bad Request" in the place of initack');
  });

  it('bounds what it reads', async () => {
    const endless = connect({ size: 1, distort: () => 'x'.repeat(2 ** 20) });
    await expect(endless).rejects.toThrow('a line is longer than 65536 bytes');
  });

  it('gives up at the deadline', async () => {
    server = await PmiServer.start({ size: 1, distort: () => null });
    const deadline = new AbortController();
    const late = PmiClient.open(server.environment(0), deadline.signal);
    deadline.abort(new Error('nothing came within 0 s'));
    await expect(late).rejects.toThrow('nothing came within 0 s (waiting for initack)');
  });

  it('knows a descriptor that is not open, or no socket', async () => {
    await expect(PmiClient.open({ PMI_FD: '987' }, patience())).rejects.toThrow('PMI_FD=987 is not open here');
    const file = openSync(import.meta.filename, 'r');
    await expect(PmiClient.open({ PMI_FD: String(file) }, patience())).rejects.toThrow(
      `PMI_FD=${file} is not open here`,
    );
  });

  it('carries an address and a secret, in as many pieces as it takes', async () => {
    for (const longestValue of [1024, 20]) {
      const [a, b] = (await connect({ size: 2, longestValue })).slice(-2);
      const [zero, one] = [new KeyValueSpace(a!, place('10.0.0.1')), new KeyValueSpace(b!, place('10.0.0.2'))];
      const [, contact] = await Promise.all([zero.publish(4711), one.find()]);
      expect(contact).toEqual({ hosts: ['10.0.0.1'], port: 4711, secret: zero.secret });
      expect([...server!.values.keys()].some((key) => key.startsWith('PMI_'))).toBe(false);
      server!.close();
    }
  });
});
