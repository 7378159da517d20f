import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'

it('does what its README shows', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const example = await readFile(new URL('readme-example.ts', import.meta.url), 'utf8')
  expect(readme).toContain(example.replace('../src/index.js', '@countersign/testing'))
  await expect(import('./readme-example.js')).resolves.toBeDefined()
})
