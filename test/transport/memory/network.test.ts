import { describe, expect, it } from 'vitest';
import { MemoryNetwork, type MemoryNetworkOptions } from '../../../src/transport/memory/network.ts';
import { FrameKind } from '../../../src/wire/frame.ts';
import { describeTransport, type FabricFactory } from '../contract.ts';
import { frameOf, pattern } from '../frames.ts';
import { Recorder } from '../recorder.ts';

function over(options: MemoryNetworkOptions): FabricFactory {
  return async (sinks) => {
    const network = new MemoryNetwork(sinks.length, options);
    const transports = sinks.map((sink, self) => {
      const transport = network.transport(self);
      transport.attach(sink);
      return transport;
    });
    return { transports, kill: (endpoint) => network.disconnect(endpoint) };
  };
}

describeTransport('memory', over({}));
describeTransport('memory, one frame a turn,', over({ maxBatch: 1 }));
for (const seed of [1, 2, 3]) describeTransport(`memory, seed ${seed},`, over({ seed }));

function joined(size: number, options?: MemoryNetworkOptions) {
  const network = new MemoryNetwork(size, options);
  const sinks = Array.from({ length: size }, () => new Recorder());
  const transports = sinks.map((sink, self) => {
    const transport = network.transport(self);
    transport.attach(sink);
    return transport;
  });
  return { network, sinks, transports };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('memory network', () => {
  it('lands a DATA payload straight from the memory of its sender', async () => {
    const { sinks, transports } = joined(2);
    const payload = pattern(100);
    transports[0]!.send(1, frameOf(100, { kind: FrameKind.DATA }), [payload], { sent: () => {} });
    payload[0] = 99;
    const [arrival] = await sinks[1]!.arrived(1);
    expect(arrival!.payload[0]).toBe(99);
  });

  it('carries frames from an endpoint to itself', async () => {
    const { sinks, transports } = joined(1);
    transports[0]!.send(0, frameOf(3), [pattern(3)], null);
    expect(sinks[0]!.arrivals).toHaveLength(0);
    const [arrival] = await sinks[0]!.arrived(1);
    expect(arrival).toMatchObject({ peer: 0 });
  });

  it('the same seed gives the same order, another seed another one', async () => {
    async function order(seed: number): Promise<string> {
      const { sinks, transports } = joined(4, { seed });
      for (let i = 0; i < 20; i++) {
        for (let from = 1; from < 4; from++) transports[from]!.send(0, frameOf(0, { tag: i }), [], null);
      }
      return (await sinks[0]!.arrived(60)).map(({ peer }) => peer).join('');
    }
    const first = await order(5);
    expect(await order(5)).toBe(first);
    expect(await order(6)).not.toBe(first);
    expect(first).not.toBe('123'.repeat(20));
  });

  it('lets timers run while two endpoints play ping-pong in microtasks', async () => {
    const { sinks, transports } = joined(2);
    let stop = false;
    for (const self of [0, 1]) {
      sinks[self]!.onLanded = () => {
        sinks[self]!.arrivals.length = 0;
        if (!stop) transports[self]!.send(1 - self, frameOf(0), [], null);
      };
    }
    transports[0]!.send(1, frameOf(0), [], null);
    await new Promise((resolve) => setTimeout(resolve, 1));
    stop = true;
  });

  it('counts what is under way and says when it has gone quiet', async () => {
    const { network, sinks, transports } = joined(2);
    const idle: number[] = [];
    network.onIdle(() => idle.push(sinks[1]!.arrivals.length));
    await turn();
    expect(idle).toEqual([0]);
    transports[0]!.send(1, frameOf(0), [], null);
    transports[0]!.send(1, frameOf(2), [pattern(2)], null);
    expect(network.inFlight).toBe(2);
    await turn();
    expect(network.inFlight).toBe(0);
    await turn();
    expect(idle).toEqual([0, 2]);
    network.checkIdle();
    network.checkIdle();
    await turn();
    expect(idle).toEqual([0, 2, 2]);
  });

  it('is not idle between a delivery and the answer that a continuation sends', async () => {
    const { network, sinks, transports } = joined(2);
    const idle: number[] = [];
    network.onIdle(() => idle.push(sinks[0]!.arrivals.length));
    await turn();
    transports[0]!.send(1, frameOf(0), [], null);
    await sinks[1]!.arrived(1);
    for (let i = 0; i < 20; i++) await Promise.resolve();
    transports[1]!.send(0, frameOf(0), [], null);
    await turn();
    await turn();
    expect(idle).toEqual([0, 1]);
  });

  it('a disconnected endpoint hears nothing any more', async () => {
    const { network, sinks, transports } = joined(3);
    transports[1]!.send(0, frameOf(0), [], null);
    network.disconnect(0);
    await sinks[1]!.lostPeers(1);
    await turn();
    expect(sinks[0]!.calls).toEqual([]);
    expect(network.inFlight).toBe(0);
  });
});
