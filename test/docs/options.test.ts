import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ISSUER_TABLE } from '../../packages/core/src/options/issuer-table.js'
import { VERIFIER_TABLE } from '../../packages/core/src/options/tables.js'
import { readDocstrings, writeOptionDocs } from '../../scripts/option-docs.mjs'

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
const sources = ['options/options.ts', 'options/mapping-options.ts', 'rules.ts'].map((file) =>
  readDocstrings(read(`packages/core/src/${file}`)),
)
const page = read('docs/options.md')

describe('docs/options.md', () => {
  it('is what the tables and the docstrings say: run npm run docs:options', () => {
    expect(page).toBe(writeOptionDocs(VERIFIER_TABLE, ISSUER_TABLE, sources))
  })

  it('has a meaning and a default for every option of a verifier and of an issuer', () => {
    for (const title of ['createVerifier', 'issuers']) {
      const rows = readRows(title)
      expect(rows.length).toBeGreaterThan(10)
      for (const [option, wants, fallback, meaning] of rows)
        expect([option, wants, fallback, meaning]).not.toContain('')
    }
  })

  it('has a row for each member of the types, and for nothing else', () => {
    for (const [title, type] of Object.entries({ createVerifier: 'VerifierOptions', issuers: 'IssuerOptions' })) {
      const members = sources.flatMap((docs) => [...(docs.get(type)?.members.keys() ?? [])])
      expect(readRows(title).map(([option]) => option)).toEqual(members)
    }
  })
})

describe('the page of options', () => {
  const row = (fallback: unknown) => ({ kind: { wants: 'a number from 1000' }, required: false, fallback })
  const write = (docstring: string, fallback: unknown) =>
    writeOptionDocs({ sizeBytes: row(fallback) }, {}, [
      readDocstrings(`export interface VerifierOptions {\n  /** ${docstring} */\n  readonly sizeBytes?: number\n}\n`),
    ])

  it('takes the default from the table, and its wording from the docstring', () => {
    expect(write('How large. Default 5,000.', 5_000)).toContain(
      '| `sizeBytes` | a number from 1,000 | 5,000 | How large. |',
    )
    expect(write('How large. Default: by need.', undefined)).toContain('| by need | How large. |')
    expect(write('How large.', undefined)).toContain('| none | How large. |')
  })

  it('groups the digits of a number, and leaves a name that holds digits as one has to write it', () => {
    const kind = { wants: 'one of "rfc9068", "v10000x", or a number from 1000 to 65536' }
    const written = writeOptionDocs({ profile: { kind, required: false, fallback: undefined } }, {}, [])
    expect(written).toContain('| one of "rfc9068", "v10000x", or a number from 1,000 to 65,536 |')
  })

  it('is not written where the two disagree', () => {
    expect(() => write('How large. Default 4,000.', 5_000)).toThrow(
      'The docstring of sizeBytes says that its default is 4,000, the table 5,000',
    )
  })
})

/** The rows of one section, as cells: option, wants, default, meaning. */
function readRows(title: string): string[][] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? ''
  return [...section.matchAll(/^\| (?:`|\[)(\w+)(?:`|\]\S+) \| (.*?) \| (.*?) \| (.*?) \|$/gm)].map((cells) =>
    cells.slice(1),
  )
}
