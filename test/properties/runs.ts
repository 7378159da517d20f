/**
 * How often a property is tried: `short` in every run of the suites, `long` in the soak. `COUNTERSIGN_RUNS` multiplies
 * either, and `COUNTERSIGN_SEED` repeats a run.
 */
export function toParameters(short: number, long: number): { readonly numRuns: number; readonly seed?: number } {
  const factor = Number(process.env['COUNTERSIGN_RUNS'] ?? 1)
  const numRuns = Math.ceil((process.env['COUNTERSIGN_SOAK'] === undefined ? short : long) * factor)
  const seed = process.env['COUNTERSIGN_SEED']
  return seed === undefined ? { numRuns } : { numRuns, seed: Number(seed) }
}

/** How long a property may take: the long form has hours. */
export const TIMEOUT_MS: number = process.env['COUNTERSIGN_SOAK'] === undefined ? 120_000 : 4 * 3_600_000
