import { describe, expect, it } from 'vitest';
import { MemoryNetwork } from '../../src/transport/memory/network.ts';
import { Router } from '../../src/transport/router.ts';
import { FrameKind } from '../../src/wire/frame.ts';
import { describeTransport } from './contract.ts';
import { frameOf, pattern, sendAndWait } from './frames.ts';
import { Recorder } from './recorder.ts';

describeTransport('router over memory', async (sinks) => {
  const network = new MemoryNetwork(sinks.length);
  const transports = sinks.map((sink, self) => {
    const router = Router.over(network.transport(self));
    router.attach(sink);
    return router;
  });
  return { transports, kill: (endpoint) => network.disconnect(endpoint) };
});

describe('router', () => {
  it('carries frames to ourselves in memory, under our own number', async () => {
    const network = new MemoryNetwork(4);
    const router = Router.over(network.transport(3));
    const sink = new Recorder();
    router.attach(sink);
    const payload = pattern(100_000);
    const sent = sendAndWait(router, 3, frameOf(100_000, { kind: FrameKind.DATA }), [payload]);
    router.send(3, frameOf(2, { tag: 5 }), [pattern(2)], null);
    expect(network.inFlight).toBe(0);
    const arrivals = await sink.arrived(2);
    expect(arrivals.map(({ peer }) => peer)).toEqual([3, 3]);
    expect(arrivals[1]!.frame.tag).toBe(5);
    expect(Buffer.compare(arrivals[0]!.payload, payload)).toBe(0);
    expect(await sent).toBe(false);
    await router.close();
  });

  it('sends by the transport that is chosen for the peer', async () => {
    const near = new MemoryNetwork(3);
    const far = new MemoryNetwork(3);
    const sinks = [1, 2].map((self) => {
      const sink = new Recorder();
      (self === 1 ? near : far).transport(self).attach(sink);
      return sink;
    });
    const routes = [near.transport(0), far.transport(0)];
    const router = new Router(0, routes, (peer) => routes[peer - 1]!);
    router.attach(new Recorder());
    router.send(1, frameOf(0, { tag: 1 }), [], null);
    router.send(2, frameOf(0, { tag: 2 }), [], null);
    router.flush();
    const [first] = await sinks[0]!.arrived(1);
    const [second] = await sinks[1]!.arrived(1);
    expect([first!.frame.tag, second!.frame.tag]).toEqual([1, 2]);
    await router.close();
    expect(await sinks[0]!.lostPeers(1)).toEqual([0]);
    expect(await sinks[1]!.lostPeers(1)).toEqual([0]);
  });
});
