import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { isAllowed, rows, thirdParties } from './arrows.js'
import { listPackageImports, listRelativeImports, readSources, root } from './sources.js'

interface Manifest {
  name: string
  version: string
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

const names = readdirSync(path.join(root, 'packages'))
const sources = readSources()

function readManifest(name: string): Manifest {
  return JSON.parse(readFileSync(path.join(root, 'packages', name, 'package.json'), 'utf8')) as Manifest
}

it('every package has its row in the arrows', () => {
  expect(names.filter((name) => !Object.hasOwn(rows, name))).toEqual([])
})

it('the arrows keep the middle row apart and the ground on nothing', () => {
  expect(isAllowed('express', 'core')).toBe(true)
  expect(isAllowed('express', 'koa')).toBe(false)
  expect(isAllowed('core', 'testing')).toBe(false)
  expect(isAllowed('testing', 'core')).toBe(false)
  expect(isAllowed('cli', 'koa')).toBe(true)
  expect(isAllowed('cli', 'policy')).toBe(false)
  expect(isAllowed('unheard-of', 'core')).toBe(false)
})

describe.each(names)('packages/%s', (name) => {
  const own = sources.filter(({ packageName }) => packageName === name)
  const { dependencies = {}, peerDependencies = {} } = readManifest(name)
  const declared = Object.keys({ ...dependencies, ...peerDependencies })
  const imported = own.flatMap((source) => listPackageImports(source).map((target) => ({ file: source.file, target })))

  it('has sources', () => {
    expect(own.map(({ file }) => file)).toContain(`packages/${name}/src/index.ts`)
  })

  it('imports of ours only what the arrows allow', () => {
    const ours = [...imported.map(({ target }) => target), ...declared].filter((target) =>
      target.startsWith('@countersign/'),
    )
    expect(ours.filter((target) => !isAllowed(name, target.replace('@countersign/', '')))).toEqual([])
  })

  it('imports only what its manifest declares, and declares only what its list of third parties allows', () => {
    expect(imported.filter(({ target }) => !declared.includes(target))).toEqual([])
    const allowed = thirdParties[name] ?? declared
    const foreign = declared.filter((target) => !target.startsWith('@countersign/'))
    expect(foreign.filter((target) => !allowed.includes(target))).toEqual([])
  })

  it('reaches none of its files through another folder than its own src', () => {
    const relative = own.flatMap((source) => listRelativeImports(source))
    expect(relative.filter((file) => !own.some((source) => source.file === file))).toEqual([])
  })
})
