import { describe, expect, it } from 'vitest';
import { type ModelParameters, NetworkModel, PICOSECONDS } from '../../../src/transport/memory/model.ts';
import { SimulatedNetwork } from '../../../src/transport/memory/simulated.ts';
import { describeTransport, type FabricFactory } from '../contract.ts';
import { frameOf, pattern } from '../frames.ts';
import { Recorder } from '../recorder.ts';

const LINK = { latency: 20e-6, bandwidth: 1e9, overhead: 1e-6 };

function parameters(size: number, some: Partial<ModelParameters> = {}): ModelParameters {
  const hosts = Array.from({ length: size }, (_, rank) => rank);
  return { network: LINK, local: LINK, hosts, jitter: 0, seed: some.seed ?? 0, delays: [], ...some };
}

function network(size: number, some: Partial<ModelParameters> = {}) {
  return new SimulatedNetwork(size, { model: new NetworkModel(parameters(size, some)), seed: some.seed });
}

function over(some: Partial<ModelParameters>, ranksPerHost = 1): FabricFactory {
  return async (sinks) => {
    const hosts = sinks.map((_, rank) => Math.floor(rank / ranksPerHost));
    const fabric = network(sinks.length, { hosts, ...some });
    const transports = sinks.map((sink, self) => {
      const transport = fabric.transport(self);
      transport.attach(sink);
      return transport;
    });
    return { transports, kill: (endpoint) => fabric.disconnect(endpoint) };
  };
}

const FREE = { latency: 0, bandwidth: Infinity, overhead: 0 };

describeTransport('simulated', over({}));
describeTransport('simulated, at no cost,', over({ network: FREE, local: FREE }));
describeTransport('simulated, with jitter,', over({ jitter: 1e-3, seed: 1 }));
describeTransport('simulated, two ranks on a host,', over({ seed: 2 }, 2));

function joined(size: number, some?: Partial<ModelParameters>) {
  const fabric = network(size, some);
  /** Arrivals as `from>to@microseconds`. */
  const log: string[] = [];
  const sinks = Array.from({ length: size }, () => new Recorder());
  const transports = sinks.map((sink, self) => {
    const transport = fabric.transport(self);
    transport.attach(sink);
    sink.onLanded = () => {
      const { peer, frame } = sink.arrivals.at(-1)!;
      log.push(`${peer}>${self}#${frame.tag}@${(fabric.now / PICOSECONDS) * 1e6}`);
    };
    return transport;
  });
  const quiet = new Promise<void>((resolve) => {
    setImmediate(() => fabric.onIdle(resolve));
  });
  return { fabric, sinks, transports, log, quiet };
}

describe('simulated network', () => {
  it('lets a message take latency, both overheads and its bytes', async () => {
    const { transports, log, quiet } = joined(2);
    transports[0]!.send(1, frameOf(5000), [pattern(5000)], null);
    await quiet;
    expect(log).toEqual(['0>1#0@27']);
  });
});
