/**
 * msgpack, and the only importer of msgpackr.
 *
 * Values come here in a form that msgpack keeps exactly (plain.ts, nodes.ts): of msgpackr's many ways to write an object only
 * plain maps, arrays, strings, numbers, small bigints and undefined are used, and none of its extensions, which a program that
 * shares the package with us may have changed.
 */
import { Packr } from 'msgpackr/pack';
import { Unpackr } from 'msgpackr/unpack';
import { notEncodable, protocol } from '../errors.ts';
import { isSound } from './scan.ts';

// Both keep settings only: what they work on is msgpackr's own, for the length of a call.
const packr = new Packr({ useRecords: false, variableMapSize: true, useToJSON: false, structuredClone: false });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, structuredClone: false });

/** HOT (bench: objects). */
export function pack(value: unknown, op: string): Uint8Array {
  try {
    return packr.pack(value);
  } catch (cause) {
    throw notEncodable(op, cause);
  }
}

/** msgpackr makes a DataView for each Uint8Array that it reads, and keeps it there: short data is read from this one. */
const kept = Buffer.allocUnsafeSlow(1024);

/** Throws ERR_PROTOCOL for bytes that {@link pack} doesn't write. HOT (bench: objects). */
export function unpack(bytes: Uint8Array): unknown {
  if (!isSound(bytes)) throw protocol('an object in malformed msgpack');
  try {
    if (bytes.length > kept.length) return unpackr.unpack(bytes);
    kept.set(bytes);
    return unpackr.unpack(kept, bytes.length);
  } catch (cause) {
    throw protocol(`an object that can't be decoded (${cause instanceof Error ? cause.message : String(cause)})`);
  }
}
