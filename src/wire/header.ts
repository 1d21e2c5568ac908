/**
 * The frame header as bytes: 64 of them, little-endian, every field at a fixed place (README.md has the diagram).
 *
 * The header is all that a peer can make us believe before anything is matched, so everything in it that has a bound is
 * checked here; what a field means is the business of the layers above.
 */
import { badHeader } from '../errors.ts';
import { type Frame, FrameFlag, FrameKind, MAX_META_BYTES } from './frame.ts';

/** Raised with every incompatible change of frames, values or the handshake. Peers of another version refuse each other. */
export const WIRE_VERSION = 5;

const LAST_KIND = Math.max(...Object.values(FrameKind));
const ALL_FLAGS = Object.values(FrameFlag).reduce((all, flag) => all | flag, 0);
const WORD = 2 ** 32;
/** The upper words of 2^53 and more. */
const UNSAFE_WORD = 2 ** 21;

/** Writes the header of `frame` at `offset`; its metaBytes is the length of `frame.meta`. HOT (bench: rate). */
export function encodeHeader(view: DataView, offset: number, frame: Frame): void {
  view.setUint32(offset, (frame.kind | (frame.flags << 8) | (frame.format << 16) | (frame.dtype << 24)) >>> 0, true);
  const { context } = frame;
  view.setUint32(offset + 4, context, true);
  view.setUint32(offset + 8, frame.source, true);
  view.setInt32(offset + 12, frame.tag, true);
  writeLength(view, offset + 16, frame.bytes);
  writeLength(view, offset + 24, frame.total);
  view.setUint32(offset + 32, frame.id, true);
  view.setUint32(offset + 36, frame.peerId, true);
  view.setUint32(offset + 40, frame.meta.length, true);
  view.setUint32(
    offset + 44,
    (frame.collective | (frame.op << 8) | (frame.algorithm << 16) | (frame.callDtype << 24)) >>> 0,
    true,
  );
  view.setUint32(offset + 48, frame.root, true);
  view.setUint32(offset + 52, context < WORD ? 0 : Math.floor(context / WORD), true);
  writeLength(view, offset + 56, frame.count);
}

/**
 * Reads the header at `offset` into `frame`, all but its meta data, and answers how many bytes of these follow.
 * Throws `ERR_PROTOCOL` for what no peer of this version would send. HOT (bench: rate).
 */
export function decodeHeader(view: DataView, offset: number, frame: Frame): number {
  const kinds = view.getUint32(offset, true);
  const kind = kinds & 255;
  const flags = (kinds >>> 8) & 255;
  if (kind === 0 || kind > LAST_KIND) throw badHeader('kind', kind, `1 to ${LAST_KIND}`);
  if ((flags & ~ALL_FLAGS) !== 0) throw badHeader('flags', flags, `bits of ${ALL_FLAGS}`);
  const metaBytes = view.getUint32(offset + 40, true);
  if (metaBytes > MAX_META_BYTES) throw badHeader('metaBytes', metaBytes, `at most ${MAX_META_BYTES}`);
  const contextHigh = view.getUint32(offset + 52, true);
  if (contextHigh >= UNSAFE_WORD) throw badHeader('context', `${contextHigh} * 2^32`, 'below 2^53');
  frame.kind = kind;
  frame.flags = flags;
  frame.format = (kinds >>> 16) & 255;
  frame.dtype = kinds >>> 24;
  frame.context = contextHigh * WORD + view.getUint32(offset + 4, true);
  frame.source = view.getUint32(offset + 8, true);
  frame.tag = view.getInt32(offset + 12, true);
  frame.bytes = readLength(view, offset + 16, 'bytes');
  frame.total = readLength(view, offset + 24, 'total');
  frame.id = view.getUint32(offset + 32, true);
  frame.peerId = view.getUint32(offset + 36, true);
  const call = view.getUint32(offset + 44, true);
  frame.collective = call & 255;
  frame.op = (call >>> 8) & 255;
  frame.algorithm = (call >>> 16) & 255;
  frame.callDtype = call >>> 24;
  frame.root = view.getUint32(offset + 48, true);
  frame.count = readLength(view, offset + 56, 'count');
  return metaBytes;
}

// Two words, as BigInt would cost an allocation each; below 2^32 the upper one is 0.
function writeLength(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value, true);
  view.setUint32(offset + 4, value < WORD ? 0 : Math.floor(value / WORD), true);
}

function readLength(view: DataView, offset: number, field: string): number {
  const low = view.getUint32(offset, true);
  const high = view.getUint32(offset + 4, true);
  if (high === 0) return low;
  if (high >= UNSAFE_WORD) throw badHeader(field, `${high} * 2^32 + ${low}`, 'below 2^53');
  return high * WORD + low;
}
