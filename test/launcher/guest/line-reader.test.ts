import { Duplex, PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { LineReader } from '../../../launcher/guest/line-reader.ts';

const never = new AbortController().signal;

function pair() {
  const incoming = new PassThrough();
  const stream = Duplex.from({ readable: incoming, writable: new PassThrough() });
  return { incoming, stream };
}

describe('lines from a stream', () => {
  it('come one at a time, however they are cut', async () => {
    const { incoming, stream } = pair();
    const lines = new LineReader(stream, 100);
    for (const piece of ['on', 'e\ntwo', '\nthree\n', 'fo']) incoming.write(piece);
    expect(await lines.next(never)).toBe('one');
    expect(await lines.next(never)).toBe('two');
    expect(await lines.next(never)).toBe('three');
    const fourth = lines.next(never);
    setImmediate(() => incoming.write('ur\n'));
    expect(await fourth).toBe('four');
  });

  it('leave what follows for others', async () => {
    const { incoming, stream } = pair();
    incoming.write('line\nand some bytes');
    expect(await new LineReader(stream, 100).next(never)).toBe('line');
    const rest = await new Promise((resolve) => stream.on('data', (chunk: Buffer) => resolve(chunk.toString())));
    expect(rest).toBe('and some bytes');
  });

  it('are bounded', async () => {
    const { incoming, stream } = pair();
    const line = new LineReader(stream, 10).next(never);
    incoming.write('x'.repeat(8));
    incoming.write('x'.repeat(8));
    await expect(line).rejects.toThrow('a line is longer than 10 bytes');
  });

  it('end with the stream, and with the deadline', async () => {
    const ended = pair();
    const lines = new LineReader(ended.stream, 10);
    const line = lines.next(never);
    ended.incoming.end('x');
    await expect(line).rejects.toThrow('the connection has ended');
    await expect(lines.next(never)).rejects.toThrow('the connection has ended');

    const deadline = new AbortController();
    const late = new LineReader(pair().stream, 10).next(deadline.signal);
    deadline.abort(new Error('too late'));
    await expect(late).rejects.toThrow('too late');
  });
});
