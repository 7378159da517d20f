import fc from 'fast-check'

const isLong = process.env['COUNTERSIGN_SOAK'] !== undefined

/** How long each reader is tried: a second in every run of the suites, a minute in the soak. `COUNTERSIGN_SEED` repeats a run. */
const LIMIT_MS = isLong ? 60_000 : 1_000

/** How long a test may take. */
export const TIMEOUT_MS: number = LIMIT_MS + 30_000

/** How many texts one reader was given, at least: fewer are no test. */
export const LEAST_RUNS = 100

/** Tries one property until the time is over, on a busy machine until it was tried often enough, and says in the long form how often that was. */
export function tryFor<T>(name: string, texts: fc.Arbitrary<T>, check: (text: T) => void): number {
  let runs = 0
  const property = fc.property(texts, (text) => {
    runs++
    check(text)
  })
  fc.assert(property, toParameters<T>())
  if (runs <= LEAST_RUNS) fc.assert(property, { numRuns: LEAST_RUNS + 1 - runs })
  report(name, runs)
  return runs
}

/** As {@link tryFor}, for what has to be awaited. */
export async function tryForAsync<T>(
  name: string,
  texts: fc.Arbitrary<T>,
  check: (text: T) => Promise<void>,
): Promise<number> {
  let runs = 0
  const property = fc.asyncProperty(texts, async (text) => {
    // The limit is a timer, which comes to its turn only where the thread is let go.
    if (++runs % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
    await check(text)
  })
  await fc.assert(property, toParameters<T>())
  if (runs <= LEAST_RUNS) await fc.assert(property, { numRuns: LEAST_RUNS + 1 - runs })
  report(name, runs)
  return runs
}

function toParameters<T>(): fc.Parameters<[T]> {
  const seed = process.env['COUNTERSIGN_SEED']
  return {
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: LIMIT_MS,
    ...(seed !== undefined && { seed: Number(seed) }),
  }
}

function report(name: string, runs: number): void {
  // oxlint-disable-next-line eslint/no-console -- the soak is run to read this
  if (isLong) console.log(`fuzz: ${name}: ${runs} texts in ${LIMIT_MS / 1_000} s`)
}
