import { describe, expect, it } from 'vitest'
import { IssuerWithKeys } from '../../src/issuers/issuer-with-keys.js'
import { createIssuerList } from '../../src/issuers/list.js'
import { resolveOptions } from '../../src/options/resolve.js'
import { ISSUER, toOptions } from '../parts.js'

function createEntry(): { readonly entry: IssuerWithKeys; made: () => number } {
  const { rules, issuers } = resolveOptions(toOptions())
  const [known] = createIssuerList(issuers, rules).all
  const [resolved] = issuers
  if (known === undefined || resolved === undefined) throw new Error('The options list no issuer')
  let made = 0
  const entry = new IssuerWithKeys(resolved.rules, () => {
    made++
    return known.keys
  })
  return { entry, made: () => made }
}

describe('IssuerWithKeys', () => {
  it('makes its keys when they are first asked for, and once', () => {
    const { entry, made } = createEntry()
    expect([entry.issuer, made()]).toEqual([ISSUER, 0])
    expect(entry.keys).toBe(entry.keys)
    expect(made()).toBe(1)
  })

  it('has every rule of the issuer that it was made of, and no keys among them', () => {
    const { entry } = createEntry()
    const [resolved] = resolveOptions(toOptions()).issuers
    expect(Object.keys(entry).toSorted()).toEqual(Object.keys(resolved?.rules ?? {}).toSorted())
  })
})
