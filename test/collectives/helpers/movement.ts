/** The part of the matrix that moves values without looking into them. */
import ndarray from 'ndarray';
import { DType, type TypedArray } from '../../../src/wire/dtype.ts';
import type { Part } from './checks.ts';
import { arrayFor, concat } from './oracle.ts';

export const MOVEMENT: Readonly<Record<string, Part>> = {
  async barrier({ comm }, algorithm) {
    for (let i = 0; i < 3; i++) await comm.barrier({ algorithm });
  },

  async bcast({ comm, checks, lengths, roots }, algorithm, label) {
    const { rank } = comm;
    for (const root of roots) {
      const values = [
        undefined,
        null,
        42,
        'a text',
        12345678901234567890n,
        { a: [1, { b: new Float64Array(700).fill(root) }], c: new Map([[1, new Uint8Array(9000)]]) },
        ...lengths.map((length) => arrayFor(DType.INT32, length, root)),
        ndarray(arrayFor(DType.FLOAT64, 6, root) as Float64Array, [3, 2]),
      ];
      for (const value of values) {
        const got = await comm.bcast(rank === root ? value : 'not looked at', root, { algorithm });
        checks.equal(`${label} root ${root}`, got, value);
      }
      for (const length of lengths) {
        const value = arrayFor(DType.FLOAT64, length, root);
        const out = rank === root ? value : new Float64Array(length + 2).fill(-1);
        const got = await comm.bcast(value, root, { algorithm, out });
        checks.equal(`${label} root ${root} returns out`, got === out, true);
        if (rank !== root) {
          checks.equal(`${label} root ${root} fills out`, out, concat([value, new Float64Array(2).fill(-1)]));
        }
      }
      const strided = ndarray(new Float64Array(12).fill(9), [2, 3], [6, 2], 0);
      const whole = ndarray(arrayFor(DType.FLOAT64, 6, root) as Float64Array, [2, 3]);
      await comm.bcast(whole, root, { algorithm, out: strided });
      const expected = new Float64Array(12).fill(9);
      for (let i = 0; i < 6; i++) expected[i * 2] = whole.data[i] ?? 0;
      checks.equal(`${label} root ${root} into a strided out`, strided.data, expected);
      const short = new Float64Array(3);
      if (rank === root) await comm.bcast(new Float64Array(40).fill(1), root, { algorithm });
      else await checks.rejects(`${label} short out`, comm.bcast(0, root, { algorithm, out: short }), 'ERR_TRUNCATE');
      checks.equal(`${label} short out is untouched`, short, new Float64Array(3));
    }
  },

  async scatter({ comm, checks, lengths, roots, ranks }, algorithm, label) {
    const { rank } = comm;
    for (const root of roots) {
      for (const length of lengths) {
        const values = ranks.map((dest) => arrayFor(DType.INT16, length + dest, dest, root));
        const got = await comm.scatter(rank === root ? values : undefined, root, { algorithm });
        checks.equal(`${label} root ${root}`, got, values[rank]);
        const out = new Int16Array(length + comm.size + 1);
        await comm.scatter(rank === root ? values : undefined, root, { algorithm, out });
        checks.equal(`${label} root ${root} out`, out.subarray(0, length + rank), values[rank]);
      }
      const mixed = ranks.map(
        (dest) => [undefined, 'text', { dest }, dest, new Float32Array(3000 * (dest % 2))][dest % 5],
      );
      const got = await comm.scatter(rank === root ? mixed : undefined, root, { algorithm });
      checks.equal(`${label} root ${root} mixed`, got, mixed[rank]);
    }
  },

  async scatterv({ comm, checks, roots, ranks }, algorithm, label) {
    const { rank, size } = comm;
    for (const root of roots) {
      const counts = ranks.map((dest) => (dest * 3 + root) % 5);
      const parts = ranks.map((dest) => arrayFor(DType.FLOAT32, counts[dest] ?? 0, dest, root));
      const packed = concat(parts);
      const flat = rank === root ? packed : undefined;
      checks.equal(`${label} root ${root}`, await comm.scatterv(flat, counts, root, { algorithm }), parts[rank]);
      // Out of order, with gaps.
      const displs = ranks.map((dest) => (size - 1 - dest) * 7 + 1);
      const spread = new Float32Array(size * 7 + 5);
      for (const dest of ranks) spread.set(parts[dest] as Float32Array, displs[dest]);
      const out = new Float32Array(6).fill(-1);
      const got = await comm.scatterv(rank === root ? spread : undefined, rank === root ? counts : undefined, root, {
        algorithm,
        displs,
        out,
      });
      checks.equal(`${label} root ${root} out`, got === out, true);
      checks.equal(`${label} root ${root} displs`, out.subarray(0, counts[rank]), parts[rank]);
      checks.equal(`${label} root ${root} tail`, out[counts[rank] ?? 0], -1);
    }
  },

  async gather({ comm, checks, lengths, roots, ranks }, algorithm, label) {
    const { rank } = comm;
    for (const root of roots) {
      for (const length of lengths) {
        const values = ranks.map((source) => arrayFor(DType.INT32, length + (source % 3), source));
        const got = await comm.gather(values[rank], root, { algorithm });
        checks.equal(`${label} root ${root}`, got, rank === root ? values : undefined);
        const joined = concat(values);
        const out = rank === root ? new Int32Array(joined.length) : undefined;
        await comm.gather(values[rank], root, out === undefined ? { algorithm } : { algorithm, out });
        if (out !== undefined) checks.equal(`${label} root ${root} out`, out, joined);
      }
      const mixed = ranks.map((source) => [source, 'text', { source }, undefined, new Float64Array(999)][source % 5]);
      const got = await comm.gather(mixed[rank], root, { algorithm });
      checks.equal(`${label} root ${root} mixed`, got, rank === root ? mixed : undefined);
    }
  },

  async gatherv({ comm, checks, roots, ranks }, algorithm, label) {
    const { rank, size } = comm;
    for (const root of roots) {
      // The root contributes nothing.
      const counts = ranks.map((source) => (source === root ? 0 : (source * 2 + root) % 6));
      const parts = ranks.map((source) => arrayFor(DType.UINT16, counts[source] ?? 0, source, root));
      const packed = concat(parts);
      const got = await comm.gatherv(parts[rank], root, { algorithm });
      checks.equal(`${label} root ${root}`, got, rank === root ? packed : undefined);
      const displs = ranks.map((source) => (size - 1 - source) * 7);
      const spread = new Uint16Array(size * 7).fill(7);
      for (const source of ranks) spread.set(parts[source] as Uint16Array, displs[source]);
      const out = new Uint16Array(size * 7).fill(7);
      const placed = await comm.gatherv(parts[rank], root, { algorithm, displs, counts, out });
      if (rank === root) checks.equal(`${label} root ${root} displs`, placed, spread);
    }
  },

  async allgather({ comm, checks, lengths, ranks }, algorithm, label) {
    const { rank } = comm;
    for (const length of lengths) {
      const values = ranks.map((source) => arrayFor(DType.BIGINT64, length * (source % 3), source));
      checks.equal(label, await comm.allgather(values[rank], { algorithm }), values);
      const joined = concat(values);
      const out = new BigInt64Array(joined.length);
      checks.equal(`${label} out`, await comm.allgather(values[rank], { algorithm, out }), joined);
    }
    checks.equal(`${label} numbers`, await comm.allgather(rank, { algorithm }), ranks);
    const numbers = new Float64Array(comm.size);
    checks.equal(
      `${label} numbers in out`,
      await comm.allgather(rank, { algorithm, out: numbers }),
      Float64Array.from(ranks),
    );
    const mixed = ranks.map((source) => [source, 'text', { source }, undefined, new Float64Array(999)][source % 5]);
    checks.equal(`${label} mixed`, await comm.allgather(mixed[rank], { algorithm }), mixed);
  },

  async allgatherv({ comm, checks, lengths, ranks }, algorithm, label) {
    const { rank, size } = comm;
    for (const length of lengths) {
      const counts = ranks.map((source) => (source % 3 === 1 ? 0 : length + source));
      const parts = ranks.map((source) => arrayFor(DType.FLOAT64, counts[source] ?? 0, source));
      const packed = concat(parts);
      checks.equal(label, await comm.allgatherv(parts[rank], { algorithm }), packed);
      const displs = ranks.map((source) => (size - 1 - source) * (length + size + 1));
      const spread = new Float64Array(size * (length + size + 1)).fill(3);
      for (const source of ranks) spread.set(parts[source] as Float64Array, displs[source]);
      const out = new Float64Array(spread.length).fill(3);
      // In place: the part is already where it belongs.
      out.set(parts[rank] as Float64Array, displs[rank]);
      const mine = out.subarray(displs[rank], (displs[rank] ?? 0) + (counts[rank] ?? 0));
      checks.equal(`${label} in place`, await comm.allgatherv(mine, { algorithm, counts, displs, out }), spread);
    }
  },

  async alltoall({ comm, checks, lengths, ranks }, algorithm, label) {
    const { rank } = comm;
    for (const length of lengths) {
      const from = (source: number) =>
        ranks.map((dest) => arrayFor(DType.INT8, length * ((source + dest) % 3), source, dest));
      const expected = ranks.map((source) => from(source)[rank] as TypedArray);
      checks.equal(label, await comm.alltoall(from(rank), { algorithm }), expected);
      const joined = concat(expected);
      const out = new Int8Array(joined.length);
      checks.equal(`${label} out`, await comm.alltoall(from(rank), { algorithm, out }), joined);
    }
    const text = await comm.alltoall(
      ranks.map((dest) => ({ text: `${rank} to ${dest}` })),
      { algorithm },
    );
    checks.equal(
      `${label} objects`,
      text,
      ranks.map((source) => ({ text: `${source} to ${rank}` })),
    );
  },

  async alltoallv({ comm, checks, lengths, ranks }, algorithm, label) {
    const { rank, size } = comm;
    for (const length of lengths) {
      const countOf = (source: number, dest: number) => ((source * 3 + dest * 5) % 4) * (length > 9 ? 30 : 1);
      const part = (source: number, dest: number) => arrayFor(DType.INT32, countOf(source, dest), source, dest);
      const sendCounts = ranks.map((dest) => countOf(rank, dest));
      const recvCounts = ranks.map((source) => countOf(source, rank));
      const array = concat(ranks.map((dest) => part(rank, dest)));
      const expected = concat(ranks.map((source) => part(source, rank)));
      checks.equal(label, await comm.alltoallv(array, sendCounts, { algorithm }), expected);
      const stride = 100;
      const recvDispls = ranks.map((source) => (size - 1 - source) * stride);
      const sendDispls = ranks.map((dest) => ((dest + 1) % size) * stride);
      // In place: everything that is sent lies in the memory that is received into.
      const both = new Int32Array(size * stride);
      for (const dest of ranks) both.set(part(rank, dest) as Int32Array, sendDispls[dest]);
      const spread = both.slice();
      for (const source of ranks) spread.set(part(source, rank) as Int32Array, recvDispls[source]);
      const options = { algorithm, sendDispls, recvCounts, recvDispls, out: both };
      checks.equal(`${label} in place`, await comm.alltoallv(both, sendCounts, options), spread);
    }
  },
};
