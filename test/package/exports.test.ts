import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { createOutside } from './outside.js'
import { readPacked } from './packed.js'

const execute = promisify(execFile)
const packages = await readPacked()
const outside = createOutside(packages)
afterAll(() => outside.remove())

const subpaths = packages.flatMap(({ name, manifest }) =>
  Object.keys(manifest.exports).map((subpath) => path.posix.join(name, subpath)),
)
const modules = subpaths.filter((subpath) => !subpath.endsWith('.json'))

/** Runs a script in the outside project on this Node and gives what it printed as JSON. */
async function evaluate(file: string, code: string): Promise<unknown> {
  writeFileSync(path.join(outside.folder, file), code)
  const { stdout } = await execute(process.execPath, [file], { cwd: outside.folder })
  return JSON.parse(stdout)
}

const imported = (await evaluate(
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
    const required = await evaluate(
      'require.cjs',
      `const names = {}
      for (const at of ${JSON.stringify(modules)}) names[at] = Object.keys(require(at)).filter((name) => name !== '__esModule').sort()
      const manifests = ${JSON.stringify(subpaths.filter((at) => at.endsWith('.json')))}.map((at) => require(at).name)
      console.log(JSON.stringify({ names, manifests }))`,
    )
    expect(required).toEqual({ names: imported, manifests: packages.map(({ name }) => name) })
  })

  it('shares one copy between import and require()', async () => {
    const same = await evaluate(
      'both.mjs',
      `import { createRequire } from 'node:module'
      import * as imported from '@countersign/core'
      const required = createRequire(import.meta.url)('@countersign/core')
      console.log(JSON.stringify(Object.keys(imported).every((name) => imported[name] === required[name])))`,
    )
    expect(same).toBe(true)
  })

  it('finds nothing below a package but what is exported', async () => {
    const code = await evaluate(
      'deep.mjs',
      `const deep = ['@countersign/core/dist/index.js', '@countersign/core/src/index.ts', '@countersign/core/errors']
      const codes = await Promise.all(deep.map((at) => import(at).then(() => 'open', (error) => error.code)))
      console.log(JSON.stringify(codes))`,
    )
    expect(code).toEqual(Array.from({ length: 3 }, () => 'ERR_PACKAGE_PATH_NOT_EXPORTED'))
  })
})

/** Names of types that a declaration file exports, from its `export type { … }` lists and its declarations. */
function listTypes(name: string, subpath: string): string[] {
  const found = packages.find((entry) => entry.name === name)
  const target = found?.manifest.exports[subpath]
  if (found === undefined || typeof target !== 'object') throw new Error(`${name} has no ${subpath}`)
  const text = readFileSync(path.join(found.unpacked, target['types'] ?? ''), 'utf8')
  const listed = [...text.matchAll(/export type \{([^}]*)\}/g)].flatMap(([, names = '']) => names.split(','))
  const declared = [...text.matchAll(/^export (?:declare )?(?:type|interface) (\w+)/gm)].map(([, type = '']) => type)
  return [...listed.map((type) => type.trim().split(' as ').at(-1) ?? ''), ...declared].filter(Boolean).toSorted()
}

/** What a package promises by name: for each subpath its values, then its types. */
function listPublicNames(name: string): string {
  const found = packages.find((entry) => entry.name === name)
  const own = Object.keys(found?.manifest.exports ?? {}).filter((subpath) => !subpath.endsWith('.json'))
  return own
    .map((subpath) => {
      const values = imported[path.posix.join(name, subpath)] ?? []
      return [
        `${subpath}`,
        ...values.map((value) => `  ${value}`),
        ...listTypes(name, subpath).map((type) => `  type ${type}`),
      ]
    })
    .flat()
    .join('\n')
}

describe('the public names are part of the promise of a version:', () => {
  it('@countersign/core', () => {
    expect(listPublicNames('@countersign/core')).toMatchInlineSnapshot()
  })

  it('@countersign/express', () => {
    expect(listPublicNames('@countersign/express')).toMatchInlineSnapshot()
  })

  it('@countersign/fastify', () => {
    expect(listPublicNames('@countersign/fastify')).toMatchInlineSnapshot()
  })

  it('@countersign/koa', () => {
    expect(listPublicNames('@countersign/koa')).toMatchInlineSnapshot()
  })

  it('@countersign/testing', () => {
    expect(listPublicNames('@countersign/testing')).toMatchInlineSnapshot()
  })
})
