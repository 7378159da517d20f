import { describe, expect, it } from 'vitest'
import { readActors } from '../../src/mapping/actor.js'
import { reasonOf } from '../refusals.js'

describe('readActors', () => {
  it('finds nobody where there is no act', () => {
    expect(readActors({ sub: 's', may_act: { sub: 'a' } })).toEqual([])
    expect(readActors({})).toHaveLength(0)
  })

  it('reads from the outermost actor inwards: iss, sub and client_id, and nothing else of them', () => {
    const act = { sub: 'a', iss: 'https://a.example', roles: ['admin'], act: { client_id: 'c', act: { sub: 'z' } } }
    expect(readActors({ act })).toEqual([
      { issuer: 'https://a.example', subject: 'a', clientId: undefined },
      { issuer: undefined, subject: undefined, clientId: 'c' },
      { issuer: undefined, subject: 'z', clientId: undefined },
    ])
  })

  it('takes an empty link for an actor without a name', () => {
    expect(readActors({ act: {} })).toEqual([{ issuer: undefined, subject: undefined, clientId: undefined }])
  })

  it.each([null, 'a', 1, true, [], [{ sub: 'a' }]].map((link) => ({ link })))(
    'refuses $link as a link, wherever it stands',
    ({ link }) => {
      expect(reasonOf(() => readActors({ act: link }))).toBe('ERR_TOKEN_CLAIM_TYPE')
      expect(reasonOf(() => readActors({ act: { sub: 'a', act: { act: link } } }))).toBe('ERR_TOKEN_CLAIM_TYPE')
    },
  )

  it.each(['sub', 'iss', 'client_id'])('refuses an actor whose %s is no text', (name) => {
    for (const value of [null, '', 1, {}, ['a']])
      expect(reasonOf(() => readActors({ act: { sub: 'a', act: { [name]: value } } }))).toBe('ERR_TOKEN_CLAIM_TYPE')
  })

  it('reads own members alone', () => {
    const act = Object.create({ sub: 'inherited', act: { sub: 'b' } }) as object
    expect(readActors({ act })).toEqual([{ issuer: undefined, subject: undefined, clientId: undefined }])
    expect(readActors(Object.create({ act: { sub: 'a' } }) as Record<string, unknown>)).toEqual([])
  })

  it('gives actors that are frozen', () => {
    expect(readActors({ act: { sub: 'a' } }).every(Object.isFrozen)).toBe(true)
  })
})
