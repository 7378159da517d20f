import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { listCode, readCode } from './code.js'

const folder = new URL('../../docs/recipes/', import.meta.url)
const pages = readdirSync(folder).filter((name) => name.endsWith('.md'))

/** The fenced blocks of a page that name the file they show. */
const blocks = pages.flatMap((page) => {
  const text = readFileSync(new URL(page, folder), 'utf8')
  return [...text.matchAll(/^```[jt]s (\S+)\n([^]*?)^```$/gm)].map(([, file = '', code = '']) => ({ page, file, code }))
})

describe.each(pages)('docs/recipes/%s', (page) => {
  const text = readFileSync(new URL(page, folder), 'utf8')

  it('has at most 80 lines', () => {
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(80)
  })

  it('shows the very code that its test runs', () => {
    const shown = blocks.filter((block) => block.page === page)
    expect(shown).not.toEqual([])
    for (const { file, code } of shown) expect([file, code]).toEqual([file, readCode(file)])
    expect(existsSync(new URL(page.replace(/\.md$/, '.test.ts'), import.meta.url))).toBe(true)
  })
})

it('every file of code is on a page', () => {
  expect(blocks.map(({ file }) => file).toSorted()).toEqual(listCode().toSorted())
})
