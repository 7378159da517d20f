import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { createOutside } from './outside.js'
import { readPacked } from './packed.js'

const packages = await readPacked()
const outside = createOutside(packages)
afterAll(() => outside.remove())

it('the example in the README of core runs in an outside project', async () => {
  const core = packages.find(({ name }) => name === '@countersign/core')
  const readme = readFileSync(path.join(core?.unpacked ?? '', 'README.md'), 'utf8')
  const [, example = ''] = /```js\n([^]*?)```/.exec(readme) ?? []
  writeFileSync(path.join(outside.folder, 'readme.mjs'), example)
  const { stdout } = await promisify(execFile)(process.execPath, ['readme.mjs'], { cwd: outside.folder })
  expect(stdout).toMatch(/^https:\/\/login\.acme\.example says this is \S+\n$/)
})
