// npm run docs:options: writes docs/options.md and docs/token-service-options.md from what was built.
import { readFileSync, writeFileSync } from 'node:fs'
import { readDocstrings, writeOptionDocs } from './option-docs.mjs'
import { writeServiceOptionDocs } from './service-option-docs.mjs'

const packages = new URL('../packages/', import.meta.url)
const load = (/** @type {string} */ file) => import(new URL(file, packages).href)
const readSources = (/** @type {readonly string[]} */ files) =>
  files.map((file) => readDocstrings(readFileSync(new URL(file, packages), 'utf8')))
const write = (/** @type {string} */ page, /** @type {string} */ text) =>
  writeFileSync(new URL(`../docs/${page}`, import.meta.url), text)

const [{ VERIFIER_TABLE }, { ISSUER_TABLE }] = await Promise.all([
  load('core/dist/options/tables.js'),
  load('core/dist/options/issuer-table.js'),
])
const core = ['options/options.ts', 'options/mapping-options.ts', 'rules.ts'].map((file) => `core/src/${file}`)
write('options.md', writeOptionDocs(VERIFIER_TABLE, ISSUER_TABLE, readSources(core)))

const [service, trust, clients, targets, rules, keys] = await Promise.all(
  [
    'resolve-options',
    'policy/trust',
    'clients/read-clients',
    'policy/targets',
    'policy/read-rule',
    'keys/option-tables',
  ].map((file) => load(`sts/dist/${file}.js`)),
)
const tables = {
  service: service.SERVICE_TABLE,
  trust: trust.SUBJECT_TABLE,
  clients: clients.CLIENT_TABLE,
  targets: targets.TARGET_TABLE,
  allow: rules.ALLOW_TABLE,
  deny: rules.DENY_TABLE,
  keys: keys.SIGNING_KEYS_TABLE,
}
const sts = ['options.ts', 'clients/client.ts', 'policy/rule.ts', 'keys/options.ts'].map((file) => `sts/src/${file}`)
write('token-service-options.md', writeServiceOptionDocs(tables, readSources([...sts, 'core/src/options/options.ts'])))
