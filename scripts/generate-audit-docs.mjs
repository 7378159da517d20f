// npm run docs:audit: writes docs/audit-events.md from what was built.
import { readFileSync, writeFileSync } from 'node:fs'
import { writeAuditDocs } from './audit-docs.mjs'

const audit = new URL('../packages/audit/dist/', import.meta.url)
const load = (/** @type {string} */ file) => import(new URL(file, audit).href)
const [{ TYPES, ENTRY }, { ROWS, CLASSES }] = await Promise.all([load('event/table.js'), load('ocsf/classes.js')])
const source = readFileSync(new URL('../packages/core/src/audit-event.ts', import.meta.url), 'utf8')
const page = writeAuditDocs({ types: TYPES, entry: ENTRY, ocsf: ROWS, classes: CLASSES, source })
writeFileSync(new URL('../docs/audit-events.md', import.meta.url), page)
