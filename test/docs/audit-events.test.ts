import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ENTRY, TYPES } from '../../packages/audit/src/event/table.js'
import { CLASSES, ROWS } from '../../packages/audit/src/ocsf/classes.js'
import { writeAuditDocs } from '../../scripts/audit-docs.mjs'

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
const page = read('docs/audit-events.md')

describe('docs/audit-events.md', () => {
  it('is what the tables and the docstrings say: run npm run docs:audit', () => {
    const source = read('packages/core/src/audit-event.ts')
    expect(page).toBe(writeAuditDocs({ types: TYPES, entry: ENTRY, ocsf: ROWS, classes: CLASSES, source }))
  })

  it('has a row for each type, and for each member that an entry may have', () => {
    for (const type of Object.keys(TYPES)) expect(page).toContain(`| \`${type}\` |`)
    for (const member of Object.keys(ENTRY)) expect(page).toMatch(new RegExp(`\\| \`${member}(?:\\[\\])?[.\`]`))
  })
})
