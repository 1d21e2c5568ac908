import { describe, expect, it } from 'vitest';
import { type ModelParameters, NetworkModel, PICOSECONDS } from '../../../src/transport/memory/model.ts';

const NETWORK = { latency: 20e-6, bandwidth: 1e9, overhead: 1e-6 };
const LOCAL = { latency: 1e-6, bandwidth: 4e9, overhead: 0.5e-6 };

function model(some: Partial<ModelParameters> = {}): NetworkModel {
  return new NetworkModel({
    network: NETWORK,
    local: LOCAL,
    hosts: [0, 1, 2, 3],
    jitter: 0,
    seed: 0,
    delays: [],
    ...some,
  });
}

const seconds = (picoseconds: number) => picoseconds / PICOSECONDS;

/** Sends one message at a time and says when its first byte arrives, when its last one does, and when the rank has it. */
function deliver(net: NetworkModel, from: number, to: number, bytes: number, at: number, handled = true) {
  const journey = { from, to, bytes, handled, leaves: 0 };
  const first = net.depart(journey, Math.round(at * PICOSECONDS));
  const last = net.arrive(journey, first);
  return {
    leaves: seconds(journey.leaves),
    first: seconds(first),
    last: seconds(last),
    done: seconds(net.take(journey, last)),
  };
}

describe('network model', () => {
  it('lets one message take latency, both overheads and its bytes', () => {
    expect(deliver(model(), 0, 1, 5000, 0)).toEqual({ leaves: 6e-6, first: 21e-6, last: 26e-6, done: 27e-6 });
    expect(deliver(model(), 0, 1, 0, 3e-6)).toEqual({ leaves: 4e-6, first: 24e-6, last: 24e-6, done: 25e-6 });
  });

  it('sends one message after the other: the processor first, then the line', () => {
    const net = model();
    expect(deliver(net, 0, 1, 5000, 0).leaves).toBe(6e-6);
    expect(deliver(net, 0, 2, 5000, 0)).toMatchObject({ leaves: 11e-6, done: 32e-6 });
    // Small ones are bound by the processor.
    const small = model();
    expect([1, 2, 3].map((to) => deliver(small, 0, to, 100, 0).leaves)).toEqual([1.1e-6, 2.1e-6, 3.1e-6]);
  });

  it('lets two senders share the line of their receiver', () => {
    const net = model();
    const a = { from: 0, to: 2, bytes: 5000, handled: true, leaves: 0 };
    const b = { ...a, from: 1 };
    const [firstA, firstB] = [net.depart(a, 0), net.depart(b, 0)];
    expect(firstA).toBe(firstB);
    expect([net.arrive(a, firstA), net.arrive(b, firstB)].map(seconds)).toEqual([26e-6, 31e-6]);
  });

  it('keeps both directions of a line apart, but not the work of a processor', () => {
    const net = model();
    expect(deliver(net, 0, 1, 5000, 0).done).toBe(27e-6);
    expect(deliver(net, 1, 0, 5000, 0).done).toBe(54e-6);
    const free = model({ network: { ...NETWORK, overhead: 0 } });
    expect([deliver(free, 0, 1, 5000, 0).done, deliver(free, 1, 0, 5000, 0).done]).toEqual([25e-6, 25e-6]);
  });

  it('takes ranks of one host past the network', () => {
    const net = model({ hosts: [0, 0, 1, 1] });
    expect(deliver(net, 0, 1, 4000, 0)).toEqual({ leaves: 1.5e-6, first: 1.5e-6, last: 2.5e-6, done: 3e-6 });
    // Each rank has its own line in memory; the one of the host's network was not used.
    expect(deliver(net, 1, 0, 4000, 10e-6).done).toBe(13e-6);
    expect(deliver(net, 0, 2, 5000, 20e-6).done).toBe(47e-6);
    // Both ranks of a host send over one line.
    const shared = model({ hosts: [0, 0, 1, 1] });
    expect([deliver(shared, 0, 2, 5000, 0).leaves, deliver(shared, 1, 3, 5000, 0).leaves]).toEqual([6e-6, 11e-6]);
  });

  it('costs two overheads to oneself, and no overhead for what is not handled', () => {
    expect(deliver(model(), 2, 2, 1e6, 0).done).toBe(1e-6);
    expect(deliver(model({ local: NETWORK }), 2, 2, 1e6, 0).done).toBe(2e-6);
    const net = model();
    expect(deliver(net, 0, 1, 0, 0, false).done).toBe(20e-6);
    expect(deliver(net, 0, 1, 0, 0).done).toBe(22e-6);
  });

  it('lets jitter and delays hold messages up, but none overtake another of its pair', () => {
    const draw = (seed: number) => {
      const net = model({ jitter: 100e-6, seed });
      return Array.from({ length: 50 }, (_, i) => deliver(net, 0, 1, 0, i * 10e-6).first - i * 10e-6);
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(Math.min(...draw(1))).toBeGreaterThanOrEqual(21e-6);
    expect(Math.max(...draw(1))).toBeGreaterThan(90e-6);
    const firsts = draw(3).map((time, i) => time + i * 10e-6);
    expect(firsts).toEqual([...firsts].sort((a, b) => a - b));

    const slow = model({
      delays: [
        { from: 0, after: 10e-6, until: 20e-6, by: 1e-3 },
        { to: 3, by: 5e-6 },
      ],
    });
    expect(deliver(slow, 0, 1, 0, 0).first).toBe(21e-6);
    expect(deliver(slow, 0, 2, 0, 10e-6).first).toBe(1031e-6);
    expect(deliver(slow, 0, 1, 0, 30e-6).first).toBe(51e-6);
    expect(deliver(slow, 0, 2, 0, 30e-6).first).toBe(1031e-6);
    expect(deliver(slow, 1, 3, 0, 100e-6).first).toBe(126e-6);
  });
});
