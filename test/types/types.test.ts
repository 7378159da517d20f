import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
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

describe.each(['express', 'fastify', 'koa'])('the README of @countersign/%s', (adapter) => {
  const read = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8').replaceAll(/\s+/g, ' ')

  it('shows how requireThat is told the type of a request, as it compiles', () => {
    const [, code = ''] =
      /export const self = (requireThat<.+?\)) (?:app|router)\./.exec(read(`plain/${adapter}.ts`)) ?? []
    expect(code).not.toBe('')
    expect(
      read(`../../packages/${adapter}/README.md`).includes(`\`${code.replace('>( (', '>((').replace(', )', ')')}\``),
    ).toBe(true)
  })
})

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
