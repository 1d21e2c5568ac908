/** Where in the user's value something was found: looked for only once it was refused. */
import { isMap, isSet } from 'node:util/types';
import { type Step, stepName } from '../refusals.ts';
import { errorKeys, isError } from './errors.ts';

/** Who holds a value, and where. */
interface Place {
  readonly value: unknown;
  readonly holder: Place | undefined;
  readonly step: Step;
}

/** `.rows[2].callback`: a shortest way from `root` to `target`; empty where they are the same. */
export function pathTo(root: object, target: unknown): string {
  const first: Place = { value: root, holder: undefined, step: '' };
  if (target === root) return '';
  const queue = [first];
  const seen = new Set<unknown>([root]);
  for (const holder of queue) {
    for (const [step, value] of childrenOf(holder.value as object)) {
      if (value === target) return nameOf({ value, holder, step });
      if (typeof value !== 'object' || value === null || seen.has(value)) continue;
      seen.add(value);
      queue.push({ value, holder, step });
    }
  }
  return '';
}

function* childrenOf(object: object): Generator<[Step, unknown]> {
  if (ArrayBuffer.isView(object)) return;
  if (isMap(object) || isSet(object)) {
    let place = 0;
    for (const entry of object) {
      for (const value of isMap(object) ? (entry as [unknown, unknown]) : [entry]) yield [place++, value];
    }
    return;
  }
  const isArray = Array.isArray(object);
  for (const key of isError(object) ? errorKeys(object) : Object.keys(object)) {
    yield [isArray ? Number(key) : key, (object as Record<string, unknown>)[key]];
  }
}

function nameOf(place: Place): string {
  const steps: string[] = [];
  for (let at = place; at.holder !== undefined; at = at.holder) steps.push(stepName(at.holder.value, at.step));
  return steps.reverse().join('');
}
