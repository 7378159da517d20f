import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const execute = promisify(execFile)
const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))

/** What the compiler says: nothing where every line compiles, and every `@ts-expect-error` is one. */
async function compile(project: string): Promise<string> {
  const path = fileURLToPath(new URL(project, import.meta.url))
  return execute(process.execPath, [tsc, '-p', path]).then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  )
}

// Each is a program of its own: what one augments must not be seen in another.
describe.concurrent('an application compiles', () => {
  it.each([
    ['with nothing augmented, on the types of Express 5', './plain/tsconfig.json'],
    ['with nothing augmented, on the types of Express 4', './plain/tsconfig.express-4.json'],
    ['with every augmentation, and its claims registered', './augmented/tsconfig.json'],
  ])('%s', async (_, project) => {
    expect(await compile(project)).toBe('')
  })
})
