/** Whether the long form runs: `npm run soak`. */
export const isLong: boolean = process.env['COUNTERSIGN_SOAK'] !== undefined

/** How long a test of the long form may take. */
export const TIMEOUT_MS: number = isLong ? 3_600_000 : 60_000

/** Prints a figure that was measured: in the long form, which is run for them. */
export function report(line: string): void {
  // oxlint-disable-next-line eslint/no-console -- the soak is run to read this
  if (isLong) console.log(line)
}
