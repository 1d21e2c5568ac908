/** Sends that need this process for more than a copy: whoever goes on to compute after them must hold up nobody. */
import { describe, expect, it } from 'vitest';
import { Deferred } from '../../../src/base/deferred.ts';
import { frameOf, pattern } from '../frames.ts';
import { Recorder } from '../recorder.ts';
import { connected, type Sockets } from './meshes.ts';

describe.each<Sockets>(['tcp', 'tls'])('%s, a link that is not open yet', (sockets) => {
  it.each([
    ['nothing', [0]],
    ['a copied payload', [100]],
    ['many copied pieces', Array.from({ length: 40 }, () => 1000)],
    ['a large payload', [100_000]],
  ])('has sent %s when the system has it', async (_, lengths) => {
    const sinks = [new Recorder(), new Recorder()];
    const meshes = await connected(sockets, sinks, { links: 'lazy' });
    const segments = lengths.filter((length) => length > 0).map((length) => pattern(length));
    const bytes = segments.reduce((sum, { length }) => sum + length, 0);
    const sent = new Deferred<void>();
    expect(meshes[0]!.send(1, frameOf(bytes), segments, { sent: () => sent.resolve() })).toBe(false);
    await sent.promise;
    expect(meshes[0]!.find(1)!.state).toBe('open');
    await sinks[1]!.arrived(1);
    expect(sinks[1]!.arrivals[0]!.payload).toEqual(Buffer.concat(segments));
    // From now on the copy is all it takes. With TLS the end of the first write shows in the next turn.
    await new Promise((resolve) => setImmediate(resolve));
    expect(meshes[0]!.send(1, frameOf(0), [], { sent: () => expect.unreachable('copied, and told again') })).toBe(true);
    await sinks[1]!.arrived(2);
  });
});

describe('tls, a write under way', () => {
  it('lets nobody believe that what comes after it is sent', async () => {
    const sinks = [new Recorder(), new Recorder()];
    const [mesh] = await connected('tls', sinks);
    expect(mesh!.send(1, frameOf(0, { tag: 1 }), [], { sent: () => expect.unreachable('copied, and told') })).toBe(
      true,
    );
    mesh!.flush();
    const sent = new Deferred<void>();
    expect(mesh!.send(1, frameOf(0, { tag: 2 }), [], { sent: () => sent.resolve() })).toBe(false);
    await sent.promise;
    await sinks[1]!.arrived(2);
    expect(sinks[1]!.arrivals.map(({ frame }) => frame.tag)).toEqual([1, 2]);
  });
});
