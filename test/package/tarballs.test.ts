import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { problemAffectsResolutionKind } from '@arethetypeswrong/core/problems'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { describe, expect, it } from 'vitest'
import { listFiles, packageNames, readPacked } from './packed.js'

const packages = await readPacked()

describe.each(packages)('the tarball of $name', ({ folder, tarball, unpacked, manifest }) => {
  it('holds sources, what the compiler made of them, statements of SQL, the licence and the readme, and nothing else', () => {
    const sources = listFiles(path.join(folder, 'src'))
    expect(sources).toContain('index.ts')
    const compiled = sources.flatMap((file) =>
      ['.js', '.js.map', '.d.ts', '.d.ts.map'].map((end) => file.replace(/\.ts$/, end)),
    )
    const statements = existsSync(path.join(folder, 'sql')) ? listFiles(path.join(folder, 'sql')) : []
    expect(listFiles(unpacked)).toEqual(
      [
        'LICENSE',
        'README.md',
        'package.json',
        ...compiled.map((file) => `dist/${file}`),
        ...sources.map((file) => `src/${file}`),
        ...statements.map((file) => `sql/${file}`),
      ].toSorted(),
    )
  })

  it('names only versions that a registry knows, and no condition of the workspace', () => {
    const text = readFileSync(path.join(unpacked, 'package.json'), 'utf8')
    expect(text).not.toMatch(/workspace:|catalog:|link:|file:/)
    expect(text).not.toContain('countersign-source')
    for (const range of Object.values({ ...manifest.dependencies, ...manifest.peerDependencies })) {
      expect(range).toMatch(/^\^\d+\.\d+\.\d+( \|\| \^\d+\.\d+\.\d+)*$/)
    }
  })

  it('exports the same subpaths as the workspace, each with types and a module that are there', () => {
    const inside = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as typeof manifest
    expect(Object.keys(manifest.exports)).toEqual(Object.keys(inside.exports))
    for (const target of Object.values(manifest.exports)) {
      const files = typeof target === 'string' ? [target] : [target['types'], target['default']]
      expect(files.filter((file) => file === undefined || !existsSync(path.join(unpacked, file)))).toEqual([])
    }
  })

  it('maps every line of its code to the source that ships beside it', () => {
    const maps = listFiles(path.join(unpacked, 'dist')).filter((file) => file.endsWith('.map'))
    for (const file of maps) {
      const at = path.join(unpacked, 'dist', file)
      const { sources } = JSON.parse(readFileSync(at, 'utf8')) as { sources: string[] }
      expect(sources.filter((source) => !existsSync(path.resolve(path.dirname(at), source)))).toEqual([])
    }
  })

  it('passes publint in its strict mode', async () => {
    const data = readFileSync(tarball)
    const bytes = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) as ArrayBuffer
    const { messages, pkg } = await publint({ pack: { tarball: bytes }, strict: true, level: 'warning' })
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([])
  })

  it('has types that resolve the way its code does, for importers of ESM', async () => {
    const analysis = await checkPackage(createPackageFromTarballData(readFileSync(tarball)))
    if (!analysis.types) throw new Error('the tarball has no types')
    const kinds = ['node16-esm', 'bundler'] as const
    expect(
      analysis.problems.filter((problem) =>
        kinds.some((kind) => problemAffectsResolutionKind(problem, kind, analysis)),
      ),
    ).toEqual([])
  })
})

it('covers every package of the workspace, all at one version', () => {
  expect(packages.map(({ name }) => name)).toEqual(packageNames.map((name) => `@countersign/${name}`))
  expect(new Set(packages.map(({ manifest }) => manifest.version)).size).toBe(1)
})
