/** Frames and payloads for transport tests. */
import type { Delivery, Transport } from '../../src/transport/transport.ts';
import { Frame, FrameKind } from '../../src/wire/frame.ts';

/** A frame of this kind with its payload length and any other fields. */
export function frameOf(bytes: number, fields: Partial<Frame> = {}): Frame {
  return Object.assign(new Frame(), { kind: FrameKind.EAGER, bytes }, fields);
}

/** Bytes that tell their position and `seed`. */
export function pattern(bytes: number, seed = 0): Uint8Array {
  const payload = new Uint8Array(bytes);
  for (let i = 0; i < bytes; i++) payload[i] = (i * 31 + (i >>> 8) * 17 + seed * 101) & 255;
  return payload;
}

/** Sends and resolves once the memory may be changed; says whether it was copied. */
export function sendAndWait(
  transport: Transport,
  peer: number,
  frame: Frame,
  segments: readonly Uint8Array[],
): Promise<boolean> {
  return new Promise((resolve) => {
    const delivery: Delivery = { sent: () => resolve(false) };
    if (transport.send(peer, frame, segments, delivery)) resolve(true);
  });
}

/** Cuts `bytes` into pieces drawn by `random`, empty ones among them. */
export function randomCut(bytes: number, random: () => number, pieces = 5): number[] {
  const cut: number[] = [];
  let left = bytes;
  for (let i = 1; i < pieces; i++) {
    const length = random() < 0.2 ? 0 : Math.floor(random() * left);
    cut.push(length);
    left -= length;
  }
  cut.push(left);
  return cut;
}

/** Views of `payload` of these lengths, one after the other. */
export function cutInto(payload: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  let offset = 0;
  return lengths.map((length) => payload.subarray(offset, (offset += length)));
}
