/**
 * PageRank on an irregular graph that is cut into parts: each rank talks only to those whose parts touch its own.
 *
 *     tsrun -n 4 examples/12-graph-neighbours.ts
 *
 * The graph: which great families of Florence were related by marriage in the 1430s (J. Padgett and C. Ansell, 1993). A family has the
 * influence that its relatives pass on to it, and each relative passes on its own in equal parts. Whose is greatest?
 */
import assert from 'node:assert/strict';
import { MAX, world } from 'tsmpi';
import { shareOf } from './lib/share.ts';

const MARRIAGES = `
  Pazzi-Salviati Salviati-Medici Medici-Acciaiuoli Ginori-Albizzi Albizzi-Medici Medici-Ridolfi Ridolfi-Tornabuoni
  Tornabuoni-Medici Lamberteschi-Guadagni Guadagni-Albizzi Guadagni-Tornabuoni Guadagni-Bischeri Bischeri-Strozzi
  Strozzi-Ridolfi Peruzzi-Bischeri Peruzzi-Strozzi Castellani-Peruzzi Castellani-Strozzi Barbadori-Castellani Barbadori-Medici`;
const DAMPING = 0.85; // so much of its influence a family has by marriage

const pairs = MARRIAGES.trim()
  .split(/\s+/)
  .map((pair) => pair.split('-') as [string, string]);
const families = [...new Set(pairs.flat())];
const relatives = families.map((family) =>
  pairs.filter((pair) => pair.includes(family)).map(([a, b]) => families.indexOf(a === family ? b : a)),
);

// Each part has its share of the families. `border(p, q)`: those of part p with relatives in part q, about whom p tells q.
const parts = Array.from({ length: world.size }, (_, p) => {
  const { start, end } = shareOf(families.length, p, world.size);
  return Array.from({ length: end - start }, (_, index) => start + index);
});
const border = (p: number, q: number) =>
  parts[p]!.filter((family) => relatives[family]!.some((relative) => parts[q]!.includes(relative)));

// Rank p says whom part p touches, and how much it tells them. Ranks may change places (`reorder`), so that those with much to tell
// each other share a host: which part is mine, my rank in the graph says.
const touched = [...parts.keys()].filter((q) => q !== world.rank && border(world.rank, q).length > 0);
const weights = touched.map((q) => border(world.rank, q).length);
const graph = await world.createGraph(touched, touched, { weights, reorder: true });
const mine = parts[graph.rank]!;
const told = graph.destinations.map((q) => border(graph.rank, q));
const heard = graph.sources.map((q) => border(q, graph.rank));

// Of whom nobody tells me, the influence stays NaN: were it needed, everything would soon be NaN.
const influence = new Float64Array(families.length).fill(Number.NaN);
for (const family of mine) influence[family] = 1 / families.length;
let rounds = 0;
for (let change = 1; change > 1e-12; rounds++) {
  const values = Float64Array.from(told.flat(), (family) => influence[family]!);
  const news = await graph.neighborAlltoallv(values, lengths(told), { recvCounts: lengths(heard) });
  for (const [index, family] of heard.flat().entries()) influence[family] = news[index]!;
  change = await graph.allreduce(passOn(influence, mine), MAX);
}

const result = await graph.gatherv(Float64Array.from(mine, (family) => influence[family]!));
const neighbours = await graph.gather(graph.destinations);
if (result && neighbours) {
  const touching = neighbours.flatMap((others, p) => others.filter((q) => q > p).map((q) => `${p}-${q}`));
  console.log(`families   ${families.length}, related by ${pairs.length} marriages`);
  console.log(`parts      ${graph.size}, touching: ${touching.join(' ') || 'none'}`);
  console.log(`rounds     ${rounds}`);
  for (const [family, name] of [...families.entries()].sort(([a], [b]) => result[b]! - result[a]!)) {
    const percent = 100 * result[family]!;
    console.log(`${name.padEnd(12)}${percent.toFixed(1).padStart(6)} %  ${'▪'.repeat(Math.round(2 * percent))}`);
  }

  // One rank alone finds the same, to the last bit: all terms are added in the same order.
  const alone = new Float64Array(families.length).fill(1 / families.length);
  for (let round = 0; round < rounds; round++) passOn(alone, [...families.keys()]);
  assert.deepEqual(result, alone);
}

/** Gives these families what their relatives pass on to them. How much has changed, at most? */
function passOn(influence: Float64Array, some: number[]): number {
  const next = some.map((family) => {
    const gifts = relatives[family]!.map((relative) => influence[relative]! / relatives[relative]!.length);
    return (1 - DAMPING) / families.length + DAMPING * gifts.reduce((sum, gift) => sum + gift);
  });
  const changes = some.map((family, index) => Math.abs(next[index]! - influence[family]!));
  for (const [index, family] of some.entries()) influence[family] = next[index]!;
  return Math.max(0, ...changes);
}

function lengths(lists: number[][]): number[] {
  return lists.map((list) => list.length);
}
