import type { TestProject } from 'vitest/node'
import { givenUrl, noServer, startDatabase } from './servers.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** The one database of all suites that only talk to one; `''` where there is none. */
    databaseUrl: string
  }
}

/** Starts one server for all suites: each works in a schema of its own. */
export async function setup({ provide }: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (givenUrl !== undefined || noServer !== '') {
    provide('databaseUrl', givenUrl ?? '')
    return undefined
  }
  const database = await startDatabase()
  provide('databaseUrl', database.url)
  return () => database.stop()
}
