import { describe, expect, it } from 'vitest'
import {
  findAny,
  findCircle,
  findDefaultExports,
  findEmptyNames,
  findSilencers,
  findStarExports,
  findUndocumented,
  findUnerasable,
} from './house-rules.js'
import { listRelativeImports, readSources, toSource } from './sources.js'

const sources = readSources()
const maxLines = 300

describe('in packages/*/src', () => {
  it(`no file is longer than ${maxLines} lines`, () => {
    expect(sources.filter(({ text }) => text.trimEnd().split('\n').length > maxLines).map(({ file }) => file)).toEqual(
      [],
    )
  })

  it('no file imports itself by way of others, types included', () => {
    expect(findCircle(new Map(sources.map((source) => [source.file, listRelativeImports(source)])))).toBeUndefined()
  })

  it('every export has a docstring directly above', () => {
    expect(sources.flatMap((source) => findUndocumented(source))).toEqual([])
  })

  it('nothing is typed any', () => {
    expect(sources.flatMap((source) => findAny(source))).toEqual([])
  })

  it('there is no enum and no namespace', () => {
    expect(sources.flatMap((source) => findUnerasable(source))).toEqual([])
  })

  it('there is no export *', () => {
    expect(sources.flatMap((source) => findStarExports(source))).toEqual([])
  })

  it("there is no default export, except Fastify's plugin", () => {
    const found = sources.flatMap((source) => findDefaultExports(source))
    expect(found.filter((place) => !place.startsWith('packages/fastify/src/index.ts:'))).toEqual([])
  })

  it('no file, folder or export has a name that says nothing', () => {
    expect(sources.flatMap((source) => findEmptyNames(source))).toEqual([])
  })

  it('nothing silences the compiler, or the linter without a reason', () => {
    expect(sources.flatMap((source) => findSilencers(source))).toEqual([])
  })
})

describe('the rules see what they forbid:', () => {
  const bad = toSource(
    'packages/core/src/http/url-utils.ts',
    `export * from './a.js'
export * as b from './b.js'
export default function () {}
export enum Colour { Red }
namespace Inside { export const one = 1 }
// @ts-ignore
export const value: any = 1
// oxlint-disable-next-line no-console
/** Documented. */

export type Documented = string
/* Not a docstring. */
export interface TokenManager {}
/** The first of two. */
export function twice(a: string): string
export function twice(a: unknown): unknown { return a }
const c = 1
export { c as default }
declare global {
  namespace Express { interface Request { auth?: string } }
}
`,
  )

  it.each([
    ['any', findAny, [7]],
    ['enums and namespaces', findUnerasable, [4, 5]],
    ['export *', findStarExports, [1, 2]],
    ['default exports', findDefaultExports, [3, 18]],
    ['silencers', findSilencers, [6, 8]],
  ])('%s', (_, findThem, lines) => {
    expect(findThem(bad)).toEqual(lines.map((line) => `packages/core/src/http/url-utils.ts:${line}`))
  })

  it('missing docstrings', () => {
    expect(findUndocumented(bad).map((place) => place.split(' ')[1])).toEqual([
      'default',
      'Colour',
      'value',
      'TokenManager',
    ])
  })

  it('empty names', () => {
    expect(findEmptyNames(bad)).toEqual(['packages/core/src/http/url-utils.ts (utils)', 'TokenManager'])
  })

  it('circles', () => {
    const circle = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', []],
      ['d', ['b']],
    ])
    expect(findCircle(circle)).toEqual(['b', 'd', 'b'])
    expect(
      findCircle(
        new Map([
          ['a', ['b']],
          ['b', []],
        ]),
      ),
    ).toBeUndefined()
  })
})
