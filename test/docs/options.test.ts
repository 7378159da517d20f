import { readFileSync } from 'node:fs'
import { createVerifier } from '@countersign/core'
import type { MappingOptions } from '@countersign/core'
import { createTestIssuer } from '@countersign/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ISSUER_TABLE } from '../../packages/core/src/options/issuer-table.js'
import { VERIFIER_TABLE } from '../../packages/core/src/options/tables.js'
import { readDocstrings, writeOptionDocs } from '../../scripts/option-docs.mjs'

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
const sources = ['options/options.ts', 'options/mapping-options.ts', 'rules.ts'].map((file) =>
  readDocstrings(read(`packages/core/src/${file}`)),
)
const page = read('docs/options.md')

const TYPES = {
  createVerifier: 'VerifierOptions',
  issuers: 'IssuerOptions',
  'issuers: mapping: source': 'ClaimSource',
}

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
    for (const [title, type] of Object.entries(TYPES)) {
      const members = sources.flatMap((docs) => [...(docs.get(type)?.members.keys() ?? [])])
      expect(readRows(title).map(([option]) => option)).toEqual(members)
    }
  })
})

describe('the sources of a mapping', () => {
  const issuers = (mapping: MappingOptions) => [{ issuer: 'https://login.acme.example', mapping }]
  const start = async (mapping: MappingOptions) => {
    const acme = await createTestIssuer({ issuer: 'https://login.acme.example' })
    const audience = 'https://api.example.com'
    const verifier = createVerifier({ audience, issuers: issuers(mapping), runtime: acme.runtime })
    onTestFinished(() => verifier.close())
    return async (claims: object) => verifier.verify(await acme.token({ ...claims }))
  }

  it('want what the page says', () => {
    for (const [option = '', wants = ''] of readRows('issuers: mapping: source')) {
      const roles = { claim: ['roles'], [option]: 7 } as never
      const create = () => createVerifier({ audience: 'https://api.example.com', issuers: issuers({ roles }) })
      const words = option === 'take' ? ['"value"', '"names"'] : [wants]
      for (const word of words) expect(create).toThrow(word)
      expect(create).toThrow(`mapping.roles.${option}`)
    }
  })

  it('make of claims what the example says', async () => {
    const code = /^```js mapping\.js\n([^]*?)^```$/m.exec(page)?.[1] ?? ''
    const { mapping } = (await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`)) as {
      mapping: MappingOptions
    }
    const verify = await start(mapping)
    const claims = { app_roles: 'acme-admin acme-guest', 'https://acme.example/teams': { red: {}, blue: {} } }
    expect(await verify(claims)).toMatchObject({
      roles: ['orders:read', 'orders:write'],
      groups: ['red', 'blue'],
      tenant: 'acme',
    })
  })

  it('count as absent, where only the mapping reads them, unless they are a string or a list of strings', async () => {
    const verify = await start({ roles: [{ claim: ['app_roles'] }, { claim: ['roles'] }] })
    for (const wrong of [7, true, null, {}, ['admin', 7], [['admin']]])
      expect(await verify({ app_roles: wrong, roles: ['reader'] })).toMatchObject({ roles: ['reader'] })
    await expect(verify({ scope: 7 })).rejects.toMatchObject({ reason: 'ERR_TOKEN_CLAIM_TYPE' })
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
