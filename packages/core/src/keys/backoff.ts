/** No backoff is longer. */
export const LONGEST_MS = 60_000

/**
 * How long to leave a failing issuer alone, in milliseconds: at most 2 s after the first failure in a row, then twice as long each time,
 * up to 60 s. A random half of it is left out, so that the machines of a fleet do not come back together.
 */
export function toBackoffMs(failures: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LONGEST_MS, 1_000 * 2 ** Math.min(failures, 16))
  return ceiling * (0.5 + random() / 2)
}
