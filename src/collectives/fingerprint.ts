/** What a call looks like to the other ranks: made from its parts, and told in messages. */
import { dtypeName } from '../wire/dtype.ts';
import type { CallChannel } from './channel.ts';
import { type CollectiveContext, type Fingerprint, UNKNOWN } from './context.ts';
import { rootInWords } from './inter/root.ts';
import { kindName } from './operands/kind.ts';
import { opName } from './ops.ts';
import {
  COLLECTIVES,
  type CollectiveName,
  SHARED_MEMORY,
  SHARED_MEMORY_CODE,
  TWO_LEVEL,
  TWO_LEVEL_CODE,
} from './registry.ts';

type Known = Partial<Omit<Fingerprint, 'collective'>>;

/** What is not given does not apply or is not known here. */
export function fingerprintOf(name: CollectiveName, known: Known = {}): Fingerprint {
  return {
    collective: COLLECTIVES[name].code,
    op: known.op ?? 0,
    algorithm: known.algorithm ?? 0,
    dtype: known.dtype ?? 0,
    root: known.root ?? UNKNOWN,
    count: known.count ?? UNKNOWN,
  };
}

/** Opens a call that is made of nothing but these. */
export function openCall(context: CollectiveContext, name: CollectiveName, known?: Known): CallChannel {
  return context.open(fingerprintOf(name, known));
}

/** The public name of a collective's code. */
export function collectiveName(code: number): string {
  for (const [name, collective] of Object.entries(COLLECTIVES)) if (collective.code === code) return name;
  return `collective ${code}`;
}

/** `allreduce(SUM, Float64Array, count 1000)`: for messages about ranks that disagree. */
export function describeFingerprint(fingerprint: Fingerprint): string {
  const name = collectiveName(fingerprint.collective);
  const parts: string[] = [];
  if (fingerprint.op !== 0) parts.push(opName(fingerprint.op));
  if (fingerprint.dtype !== 0) parts.push(kindName(fingerprint.dtype) ?? dtypeName(fingerprint.dtype));
  if (fingerprint.count !== UNKNOWN) parts.push(`count ${fingerprint.count}`);
  if (fingerprint.root !== UNKNOWN) parts.push(rootInWords(fingerprint.root));
  const algorithm = Object.entries(COLLECTIVES[name as CollectiveName]?.algorithms ?? {}).find(
    ([, { code }]) => code === fingerprint.algorithm,
  );
  if (fingerprint.algorithm === SHARED_MEMORY_CODE) parts.push(`algorithm ${SHARED_MEMORY}`);
  if (fingerprint.algorithm === TWO_LEVEL_CODE) parts.push(`algorithm ${TWO_LEVEL}`);
  if (algorithm !== undefined) parts.push(`algorithm ${algorithm[0]}`);
  return `${name}(${parts.join(', ')})`;
}
