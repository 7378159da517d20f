// npm run docs:options: writes docs/options.md from what was built.
import { readFileSync, writeFileSync } from 'node:fs'
import { readDocstrings, writeOptionDocs } from './option-docs.mjs'

const core = new URL('../packages/core/', import.meta.url)
const load = (/** @type {string} */ file) => import(new URL(`dist/options/${file}`, core).href)
const [{ VERIFIER_TABLE }, { ISSUER_TABLE }] = await Promise.all([load('tables.js'), load('issuer-table.js')])
const sources = ['options/options.ts', 'options/mapping-options.ts', 'rules.ts'].map((file) =>
  readDocstrings(readFileSync(new URL(`src/${file}`, core), 'utf8')),
)
writeFileSync(new URL('../docs/options.md', import.meta.url), writeOptionDocs(VERIFIER_TABLE, ISSUER_TABLE, sources))
