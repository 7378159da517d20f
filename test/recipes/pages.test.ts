import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { listCode, readCode } from './code.js'

const folder = new URL('../../docs/recipes/', import.meta.url)
const pages = readdirSync(folder).filter((name) => name.endsWith('.md'))
/** Pages elsewhere that show code of this kind: the verifier that recipes import, a subscriber, and a log of refusals. */
const others = ['../README.md', '../diagnostics.md', '../errors.md']

/** The fenced blocks of a page that name the file they show. */
const blocks = [...pages, ...others].flatMap((page) => {
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
    const tests = [page.replace(/\.md$/, '.test.ts'), ...shown.map(({ file }) => `code/${file}`)]
    const isTest = (file: string) => /\.test\.[jt]s$/.test(file) && existsSync(new URL(file, import.meta.url))
    expect(tests.filter(isTest)).not.toEqual([])
  })
})

it('every file of code is on a page', () => {
  expect(blocks.map(({ file }) => file).toSorted()).toEqual(listCode().toSorted())
})

it('pages elsewhere show the very code too', () => {
  const shown = blocks.filter(({ page }) => others.includes(page))
  expect(shown.map(({ page }) => page)).toEqual(others)
  for (const { file, code } of shown) expect([file, code]).toEqual([file, readCode(file)])
})

it('the verifier of the pages is what they say', async () => {
  const { verifier } = await import('./code/verifier.js')
  expect(verifier.authorizationServers).toEqual(['https://login.acme.example', 'https://id.partner.example'])
})
