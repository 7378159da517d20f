import { describe, expect, it } from 'vitest'
import ts from 'typescript-6.0'
import { readSources } from '../architecture/sources.js'

describe('patterns in the sources', () => {
  it('#14 GHSA-3j8v-cgw4-2g6q CVE-2026-35040: keep no position from one text to the next: g and y stand in replacements alone', () => {
    const stateful = readSources().flatMap(({ file, tree }) => {
      const found: string[] = []
      const visit = (node: ts.Node): void => {
        const flags = ts.isRegularExpressionLiteral(node) ? /[a-z]*$/.exec(node.text)?.[0] : undefined
        if (flags !== undefined && /[gy]/.test(flags) && !isReset(node, tree))
          found.push(`${file}: ${node.getText(tree)}`)
        ts.forEachChild(node, visit)
      }
      visit(tree)
      return found
    })
    expect(stateful).toEqual([])
  })
})

/** Written in place, or under a name that nothing else is done with. */
function isReset(pattern: ts.Node, tree: ts.Node): boolean {
  const { parent } = pattern
  if (!ts.isVariableDeclaration(parent) || !ts.isIdentifier(parent.name)) return beginsAtZero(pattern)
  const { name } = parent
  const isUse = (node: ts.Node): boolean => ts.isIdentifier(node) && node !== name && node.text === name.text
  const everyUse = (node: ts.Node): boolean =>
    isUse(node) ? beginsAtZero(node) : ts.forEachChild(node, (child) => !everyUse(child)) !== true
  return everyUse(tree)
}

/** The argument of `text.replace(…)` and its like, which begin at the beginning each time. */
function beginsAtZero(node: ts.Node): boolean {
  const { parent } = node
  if (!ts.isCallExpression(parent) || parent.arguments[0] !== node) return false
  const { expression } = parent
  return ts.isPropertyAccessExpression(expression) && /^(replace|replaceAll|match|matchAll)$/.test(expression.name.text)
}
