const UNITS = { B: 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 } as const;

/** `8`, `64K`, `64KiB`, `16M`: a size in bytes, in powers of 1024. A multiple of 8, as all payloads here are doubles. */
export function parseBytes(text: string): number {
  const [, digits, unit = 'B'] = /^(\d+)([BKMG]?)(?:i?B)?$/i.exec(text.trim()) ?? [];
  const bytes = Number(digits) * UNITS[(unit.toUpperCase() || 'B') as keyof typeof UNITS];
  if (!(bytes > 0) || bytes % 8 !== 0)
    throw new RangeError(`'${text}' is no size: give a multiple of 8 bytes such as 8, 64K, 16M`);
  return bytes;
}

export function formatBytes(bytes: number): string {
  for (const [unit, factor] of [
    ['GiB', UNITS.G],
    ['MiB', UNITS.M],
    ['KiB', UNITS.K],
  ] as const) {
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor} ${unit}`;
  }
  return `${bytes} B`;
}
