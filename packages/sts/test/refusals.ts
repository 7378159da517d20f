import { TokenError } from '../src/errors.js'

/** The reason with which something is refused, or `'accepted'`. What is thrown beside our own errors is thrown on. */
export async function reasonOf(run: () => unknown): Promise<string> {
  try {
    await run()
  } catch (error) {
    if (error instanceof TokenError) return error.reason
    throw error
  }
  return 'accepted'
}

/** The error with which something is refused. */
export async function errorOf(run: () => unknown): Promise<TokenError> {
  try {
    await run()
  } catch (error) {
    if (error instanceof TokenError) return error
    throw error
  }
  throw new Error('It was accepted')
}
