import { CountersignError } from '../src/errors.js'

/** The reason with which something is refused, or `'accepted'`. What is thrown beside our own errors is thrown on. */
export function reasonOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return toReason(error)
  }
  return 'accepted'
}

/** As {@link reasonOf}, of something that has to be awaited. */
export async function reasonOfAsync(run: () => unknown): Promise<string> {
  try {
    await run()
  } catch (error) {
    return toReason(error)
  }
  return 'accepted'
}

/** The error that something throws: one of ours. */
export function errorOf(run: () => unknown): CountersignError {
  try {
    run()
  } catch (error) {
    if (error instanceof CountersignError) return error
    throw error
  }
  throw new Error('It was accepted')
}

/** As {@link errorOf}, of something that has to be awaited. */
export async function errorOfAsync(run: () => unknown): Promise<CountersignError> {
  try {
    await run()
  } catch (error) {
    if (error instanceof CountersignError) return error
    throw error
  }
  throw new Error('It was accepted')
}

function toReason(error: unknown): string {
  if (error instanceof CountersignError) return error.reason
  throw error
}
