/** Puts `[rank] ` before each line. */
const NEWLINE = 0x0a;

/** Well told apart on dark and on light terminals. */
const COLORS = [36, 33, 35, 32, 34, 31, 96, 93, 95, 92, 94, 91];

export type Prefixer = (rank: number, lines: Uint8Array, continued: boolean) => Uint8Array;

/** @param width - digits of the highest rank: prefixes stand in a column. */
export function createPrefixer(width: number, colors: boolean): Prefixer {
  const prefixes: Buffer[] = [];
  return (rank, lines, continued) => {
    const prefix = (prefixes[rank] ??= prefixOf(rank, width, colors));
    const parts: Uint8Array[] = continued ? [] : [prefix];
    for (let from = 0; from < lines.length; ) {
      const end = lines.indexOf(NEWLINE, from) + 1;
      if (from > 0) parts.push(prefix);
      parts.push(lines.subarray(from, end > 0 ? end : lines.length));
      from = end > 0 ? end : lines.length;
    }
    return Buffer.concat(parts);
  };
}

function prefixOf(rank: number, width: number, colors: boolean): Buffer {
  const text = `[${String(rank).padStart(width)}]`;
  return Buffer.from(colors ? `\x1b[${COLORS[rank % COLORS.length]}m${text}\x1b[0m ` : `${text} `);
}
