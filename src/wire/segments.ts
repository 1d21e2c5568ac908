/** Payloads in pieces: how memory in one cut is copied into memory in another. */

/** The bytes of all segments together: their `length`, as `byteLength` is a call of 20 ns in V8. HOT (bench: latency). */
export function segmentBytes(segments: readonly Uint8Array[]): number {
  let bytes = 0;
  for (let i = 0; i < segments.length; i++) bytes += segments[i]!.length;
  return bytes;
}

/**
 * Copies the bytes of `from` over `to`, each in its own cut, until either ends; answers how many that were.
 * HOT (bench: bandwidth).
 */
export function copySegments(from: readonly Uint8Array[], to: readonly Uint8Array[]): number {
  let copied = 0;
  let target = 0;
  let targetOffset = 0;
  for (let source = 0; source < from.length; source++) {
    const piece = from[source]!;
    let offset = 0;
    while (offset < piece.length && target < to.length) {
      const room = to[target]!;
      const length = Math.min(piece.length - offset, room.length - targetOffset);
      const whole = length === piece.length;
      room.set(whole ? piece : piece.subarray(offset, offset + length), targetOffset);
      copied += length;
      offset += length;
      targetOffset += length;
      if (targetOffset === room.length) {
        target++;
        targetOffset = 0;
      }
    }
  }
  return copied;
}
