import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import ts from 'typescript-6.0'
import { root } from '../architecture/sources.js'
import { ADVISORIES } from './advisories.js'
import { attacks } from './attacks.js'

/** Where a text is a title: the first argument of these, the second of `it.each(rows)(title)`, or a member `title`. */
const CALLS = /^(it|test|describe)\b(?!\.(skip|todo)\b)/

/** Every title of a test in one file, as it is written. */
function readTitles(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8')
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    const named =
      ts.isCallExpression(node) && CALLS.test(node.expression.getText(tree))
        ? node.arguments[0]
        : ts.isPropertyAssignment(node) && node.name.getText(tree) === 'title'
          ? node.initializer
          : undefined
    if (named !== undefined && (ts.isStringLiteralLike(named) || ts.isTemplateExpression(named)))
      found.push(named.getText(tree).slice(1, -1))
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return found
}

/** Test files, and the tables that tests of ours take their titles from. */
function listFiles(): readonly string[] {
  const packages = readdirSync(path.join(root, 'packages')).map((name) => path.join('packages', name, 'test'))
  const folders = ['test', ...packages.filter((folder) => existsSync(path.join(root, folder)))]
  return folders.flatMap((folder) => {
    const entries = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    return entries
      .filter((file) => file.endsWith('.ts') && !file.includes('node_modules') && !file.endsWith('rows.test.ts'))
      .map((file) => path.join(root, folder, file))
  })
}

const titles = listFiles().flatMap(readTitles)

const rows = (letter: string, last: number): readonly string[] =>
  Array.from({ length: last }, (_, index) => `${letter}${index + 1}`)

describe('what a title of a test must name', () => {
  it.each(Object.entries(ADVISORIES))('the advisory of row %s: %s', (row, names) => {
    expect(titles.filter((title) => new RegExp(`#${row} ${names}\\b`).test(title))).not.toEqual([])
  })

  it.each([...rows('T', 7), ...rows('A', 10), ...rows('C', 13), ...rows('B', 9)])('the rule %s', (rule) => {
    expect(titles.filter((title) => new RegExp(`(^|[ ,#])${rule}\\b`).test(title))).not.toEqual([])
  })

  it('every row of the list but those of clients, exchange and SAML', () => {
    const wanted = Array.from({ length: 35 }, (_, at) => at + 1)
    expect(Object.keys(ADVISORIES).map(Number)).toEqual([...wanted, 37])
  })

  it('and what it names is really run: no table of attacks lies about that no test takes', () => {
    const tables = listFiles().filter((file) => /test.attacks.[a-z-]+\.ts$/.test(file))
    const run = attacks.map(({ title }) => title)
    expect(tables.flatMap(readTitles).filter((title) => !run.includes(title))).toEqual([])
  })

  it('no row that the list does not have', () => {
    const named = titles.flatMap((title) =>
      [...title.matchAll(/#(\d+) (?:CVE|GHSA|Envoy|fast-jwt)/g)].map(([, row]) => Number(row)),
    )
    expect([...new Set(named)].filter((row) => !(row in ADVISORIES))).toEqual([])
  })
})
