import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createOutside } from './outside.js'
import { readPacked } from './packed.js'

const packages = await readPacked()
const outside = createOutside(packages)
afterAll(() => outside.remove())

const subpaths = packages.flatMap(({ name, manifest }) =>
  Object.keys(manifest.exports).map((subpath) => path.posix.join(name, subpath)),
)
const modules = subpaths.filter((subpath) => !subpath.endsWith('.json'))

const imported = (await outside.evaluate(
  'import.mjs',
  `const names = {}
  for (const at of ${JSON.stringify(modules)}) names[at] = Object.keys(await import(at)).sort()
  console.log(JSON.stringify(names))`,
)) as Record<string, string[]>

describe('an outside project with the tarballs installed', () => {
  it('imports every subpath', () => {
    expect(Object.keys(imported)).toEqual(modules)
  })

  it('gets the same from require(), manifests included', async () => {
    const required = await outside.evaluate(
      'require.cjs',
      `const names = {}
      for (const at of ${JSON.stringify(modules)}) names[at] = Object.keys(require(at)).filter((name) => name !== '__esModule').sort()
      const manifests = ${JSON.stringify(subpaths.filter((at) => at.endsWith('.json')))}.map((at) => require(at).name)
      console.log(JSON.stringify({ names, manifests }))`,
    )
    expect(required).toEqual({ names: imported, manifests: packages.map(({ name }) => name) })
  })

  it('shares one copy between import and require()', async () => {
    const same = await outside.evaluate(
      'both.mjs',
      `import { createRequire } from 'node:module'
      import * as imported from '@countersign/core'
      const required = createRequire(import.meta.url)('@countersign/core')
      console.log(JSON.stringify(Object.keys(imported).every((name) => imported[name] === required[name])))`,
    )
    expect(same).toBe(true)
  })

  it('finds nothing below a package but what is exported', async () => {
    const code = await outside.evaluate(
      'deep.mjs',
      `const deep = ['@countersign/core/dist/index.js', '@countersign/core/src/index.ts', '@countersign/core/errors']
      const codes = await Promise.all(deep.map((at) => import(at).then(() => 'open', (error) => error.code)))
      console.log(JSON.stringify(codes))`,
    )
    expect(code).toEqual(Array.from({ length: 3 }, () => 'ERR_PACKAGE_PATH_NOT_EXPORTED'))
  })
})
