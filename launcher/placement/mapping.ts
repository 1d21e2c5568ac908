/** `--ppn`, `--map-by` and `--oversubscribe`: by which rule ranks are shared out. Pure. */
import { usage } from '../scan.ts';
import { integer, shown } from '../values.ts';

export interface Mapping {
  /** slot: one host is filled after the other. node: each host in turn gets one rank. */
  readonly by: 'slot' | 'node';
  /** No host gets more; hosts may have fewer or more slots. */
  readonly perHost: { readonly ranks: number; readonly exact: boolean; readonly option: string } | undefined;
  /** Hosts whose slots somebody gave may get more ranks than that. */
  readonly oversubscribe: boolean;
}

/** @throws LaunchFailure with exit code 2. */
export function parseMapping(ppn: string | undefined, mapBy = 'slot', oversubscribe = false): Mapping {
  const [, exactly] = /^ppr:([1-9]\d{0,8}):node$/.exec(mapBy) ?? [];
  if (exactly !== undefined) {
    const option = `--map-by ${mapBy}`;
    if (ppn !== undefined)
      throw usage(`--ppn ${ppn} and ${option} both say how many ranks a host gets: give one of them`);
    return { by: 'slot', perHost: { ranks: Number(exactly), exact: true, option }, oversubscribe };
  }
  if (mapBy !== 'slot' && mapBy !== 'node') {
    throw usage(`--map-by ${shown(mapBy)}: give slot, node or ppr:N:node, where N is the number of ranks on each host`);
  }
  if (ppn === undefined) return { by: mapBy, perHost: undefined, oversubscribe };
  const ranks = integer('--ppn', ppn, 1, 'the number of ranks on each host');
  return { by: mapBy, perHost: { ranks, exact: false, option: `--ppn ${ppn}` }, oversubscribe };
}
