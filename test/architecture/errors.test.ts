import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CODES, REASONS } from '@countersign/core'
import { describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const docs = readFileSync(new URL('docs/errors.md', root), 'utf8')

/** The reasons in each section of the document, by the section's code. */
const documented = new Map<string, string[]>(
  docs
    .split(/^## /m)
    .slice(1)
    .map((section) => [
      section.slice(0, section.indexOf('\n')).trim(),
      [...section.matchAll(/^\| `(ERR_\w+)` \|/gm)].map(([, reason = '']) => reason),
    ]),
)

const sources = readdirSync(fileURLToPath(new URL('packages/core/src', root)), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && file !== 'error-table.ts')
  .map((file) => readFileSync(new URL(`packages/core/src/${file}`, root), 'utf8'))
  .join('\n')

describe('the error table', () => {
  it('has a section in docs/errors.md for each code, and no section for anything else', () => {
    expect([...documented.keys()].sort()).toEqual(Object.keys(CODES).sort())
  })

  it.each(Object.keys(CODES))('documents each reason of %s, and none that is not of it', (code) => {
    const reasons = Object.entries(REASONS).filter(([, shown]) => shown === code)
    expect([...(documented.get(code) ?? [])].sort()).toEqual(reasons.map(([reason]) => reason).sort())
  })

  it.each(Object.keys(REASONS))('has %s because something throws it', (reason) => {
    expect(sources).toContain(`'${reason}'`)
  })

  it.each(Object.entries(CODES))('shows %s as constant printable ASCII that needs no escaping', (_, { text }) => {
    expect(text).toMatch(/^[\x20\x21\x23-\x5B\x5D-\x7E]+$/)
  })
})
