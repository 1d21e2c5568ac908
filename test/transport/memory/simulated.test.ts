import { describe, expect, it } from 'vitest';
import { type ModelParameters, NetworkModel, PICOSECONDS } from '../../../src/transport/memory/model.ts';
import { SimulatedNetwork } from '../../../src/transport/memory/simulated.ts';
import { FrameKind } from '../../../src/wire/frame.ts';
import { describeTransport, type FabricFactory } from '../contract.ts';
import { frameOf, pattern, sendAndWait } from '../frames.ts';
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

  it('sends and receives one after the other, and lets senders share the line of a receiver', async () => {
    const { transports, log, quiet } = joined(4);
    transports[0]!.send(1, frameOf(5000, { tag: 1 }), [pattern(5000)], null);
    transports[0]!.send(1, frameOf(5000, { tag: 2 }), [pattern(5000)], null);
    transports[2]!.send(3, frameOf(5000, { tag: 3 }), [pattern(5000)], null);
    transports[1]!.send(3, frameOf(5000, { tag: 4 }), [pattern(5000)], null);
    await quiet;
    expect(log).toEqual(['0>1#1@27', '2>3#3@27', '0>1#2@32', '1>3#4@32']);
  });

  it('lets credit past the processors, behind what they were given before', async () => {
    const { transports, log, quiet } = joined(2);
    transports[0]!.send(1, frameOf(0, { tag: 1 }), [], null);
    transports[0]!.send(1, frameOf(0, { tag: 2, kind: FrameKind.CREDIT }), [], null);
    transports[0]!.send(1, frameOf(0, { tag: 3 }), [], null);
    await quiet;
    expect(log).toEqual(['0>1#1@22', '0>1#2@22', '0>1#3@23']);
  });

  it('does not move the clock before the ranks have done what follows from an arrival', async () => {
    const { fabric, sinks, transports, log, quiet } = joined(3);
    transports[0]!.send(1, frameOf(0, { tag: 1 }), [], null);
    transports[0]!.send(2, frameOf(0, { tag: 2 }), [], null);
    await sinks[1]!.arrived(1);
    for (let i = 0; i < 100; i++) await Promise.resolve();
    expect(fabric.now / PICOSECONDS).toBe(22e-6);
    transports[1]!.send(0, frameOf(0, { tag: 3 }), [], null);
    await quiet;
    expect(log).toEqual(['0>1#1@22', '0>2#2@23', '1>0#3@44']);
  });

  it('gives memory back when its last byte has left, with what it held then', async () => {
    const { fabric, sinks, transports } = joined(2);
    const payload = pattern(5000);
    const frame = frameOf(5000, { kind: FrameKind.DATA });
    await sendAndWait(transports[0]!, 1, frame, [payload]);
    expect(fabric.now / PICOSECONDS).toBe(6e-6);
    payload.fill(0);
    const [arrival] = await sinks[1]!.arrived(1);
    expect(Buffer.compare(arrival!.payload, pattern(5000))).toBe(0);
  });

  it('rings alarms after what arrives at the same time, and not those that are cancelled', async () => {
    const { fabric, transports, log, quiet } = joined(2);
    const clock = fabric.clock(1);
    for (const at of [0.5, 0.022, 0.022, 0.01]) clock.after(at, () => log.push(`alarm@${clock.now()}`));
    const cancelled = [2000, 0.001, 3000].map((at) => clock.after(at, () => log.push('cancelled')));
    for (const timer of cancelled) timer.cancel();
    for (const timer of cancelled) timer.cancel();
    transports[0]!.send(1, frameOf(0), [], null);
    await quiet;
    expect(log).toEqual(['alarm@0.01', '0>1#0@22', 'alarm@0.022', 'alarm@0.022', 'alarm@0.5']);
    expect(fabric.now / PICOSECONDS).toBe(0.5e-3);
  });

  it('loses with an endpoint what had not left it, its alarms, and what was on the way to it', async () => {
    const { fabric, sinks, transports, log, quiet } = joined(3);
    const reason = new Error('gone');
    fabric.clock(0).after(1, () => log.push('alarm of the dead'));
    fabric.clock(1).after(0.004, () => fabric.fail(0, reason));
    transports[0]!.send(1, frameOf(2000, { tag: 1 }), [pattern(2000)], null);
    transports[0]!.send(1, frameOf(2000, { tag: 2 }), [pattern(2000)], null);
    transports[1]!.send(0, frameOf(0, { tag: 3 }), [], null);
    await quiet;
    expect(log).toEqual(['0>1#1@24']);
    expect(sinks.map(({ losses }) => losses)).toEqual([[], [{ peer: 0, reason }], [{ peer: 0, reason }]]);
    expect(sinks[1]!.calls).toEqual(['announce 0', 'landed 0', 'lost 0']);
    transports[0]!.send(1, frameOf(0), [], null);
    expect(fabric.inFlight).toBe(0);
  });

  it('draws the order of what arrives at the same time: the same again for the same seed', async () => {
    async function order(seed: number | undefined): Promise<string> {
      const { transports, log, quiet } = joined(6, {
        network: { ...LINK, overhead: 0 },
        ...(seed === undefined ? {} : { seed }),
      });
      for (let i = 0; i < 5; i++)
        for (const transport of transports) transport.send(0, frameOf(0, { tag: i }), [], null);
      await quiet;
      for (let from = 0; from < 6; from++) {
        const own = log.filter((entry) => entry.startsWith(`${from}>`));
        expect(own.map((entry) => entry.split(/[#@]/)[1])).toEqual(['0', '1', '2', '3', '4']);
      }
      return log.join(' ');
    }
    const first = await order(5);
    expect(await order(5)).toBe(first);
    expect(await order(6)).not.toBe(first);
    expect(await order(undefined)).not.toBe(first);
    expect(await order(undefined)).toBe(await order(undefined));
  });
});
