import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CLIENT_TABLE } from '../../packages/sts/src/clients/read-clients.js'
import { SIGNING_KEYS_TABLE } from '../../packages/sts/src/keys/option-tables.js'
import { ALLOW_TABLE, DENY_TABLE } from '../../packages/sts/src/policy/read-rule.js'
import { TARGET_TABLE } from '../../packages/sts/src/policy/targets.js'
import { SUBJECT_TABLE } from '../../packages/sts/src/policy/trust.js'
import { SERVICE_TABLE } from '../../packages/sts/src/resolve-options.js'
import { readDocstrings } from '../../scripts/option-docs.mjs'
import { writeServiceOptionDocs } from '../../scripts/service-option-docs.mjs'

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
const sts = ['options.ts', 'clients/client.ts', 'policy/rule.ts', 'keys/options.ts'].map((file) => `sts/src/${file}`)
const sources = [...sts, 'core/src/options/options.ts'].map((file) => readDocstrings(read(`packages/${file}`)))
const page = read('docs/token-service-options.md')

const SECTIONS = {
  createTokenService: ['TokenServiceOptions'],
  'trust: subjects': ['SubjectTrust'],
  clients: ['ClientOptions'],
  targets: ['TargetOptions'],
  'policy: rules that allow': ['AllowRule', 'RuleScope'],
  'policy: rules that deny': ['DenyRule', 'RuleScope'],
  createSigningKeys: ['SigningKeysOptions'],
}

describe('docs/token-service-options.md', () => {
  it('is what the tables and the docstrings say: run npm run docs:options', () => {
    const tables = {
      service: SERVICE_TABLE,
      trust: SUBJECT_TABLE,
      clients: CLIENT_TABLE,
      targets: TARGET_TABLE,
      allow: ALLOW_TABLE,
      deny: DENY_TABLE,
      keys: SIGNING_KEYS_TABLE,
    }
    expect(page).toBe(writeServiceOptionDocs(tables, sources))
  })

  it.each(Object.entries(SECTIONS))('has a row for each option of %s, and for nothing else', (title, types) => {
    const rows = readRows(title)
    const members = types.flatMap((type) => sources.flatMap((docs) => [...(docs.get(type)?.members.keys() ?? [])]))
    expect(rows.map(([option = '']) => option).toSorted()).toEqual(members.toSorted())
    for (const cells of rows) expect(cells).not.toContain('')
  })

  it('names every method by which a client may authenticate', () => {
    const methods = [...read('packages/sts/src/clients/client.ts').matchAll(/^ {2}\| '(\w+)'$/gm)]
    expect(methods.length).toBe(6)
    expect(methods.filter(([, name]) => !page.includes(`\`${name}\``))).toEqual([])
  })
})

/** The rows of one section, as cells: option, wants, default, meaning. */
function readRows(title: string): string[][] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? ''
  const [, table = ''] = section.split('| option |')
  return [...table.matchAll(/^\| (?:`|\[)(\w+)(?:`|\]\S+) \| (.*?) \| (.*?) \| (.*?) \|$/gm)].map((cells) =>
    cells.slice(1),
  )
}
