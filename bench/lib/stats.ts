/** What is reported of a series of times, in the unit of the series. */
export interface Statistics {
  readonly samples: number;
  readonly min: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly mean: number;
}

/** Percentiles are nearest-rank: each is a time that was really measured. */
export function statistics(series: Float64Array): Statistics {
  if (series.length === 0) throw new RangeError('no samples to report');
  const sorted = series.slice().sort();
  const percentile = (p: number) => sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)]!;
  return {
    samples: sorted.length,
    min: sorted[0]!,
    p50: percentile(0.5),
    p99: percentile(0.99),
    max: sorted[sorted.length - 1]!,
    mean: sorted.reduce((sum, x) => sum + x, 0) / sorted.length,
  };
}
