import { findInTrail, tailTrail, verifyTrail } from '@countersign/audit'
import type { AuditEvent } from '@countersign/core'
import { ConfigurationError } from '@countersign/core'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const file = path.join(mkdtempSync(path.join(tmpdir(), 'countersign-readers-')), 'audit.jsonl')
writeFileSync(file, '')
const jwk = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })

async function messageOf(read: () => Promise<unknown>): Promise<string> {
  try {
    await read()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    return (error as Error).message
  }
  return 'accepted'
}
const first = (events: AsyncGenerator<AuditEvent, void>): Promise<unknown> => events.next()

describe('verifyTrail refuses', () => {
  it.each([
    [
      'checkpoints that are misspelt',
      { checkpoint: {} },
      'Option "checkpoint" is unknown. Did you mean "checkpoints"?',
    ],
    ['checkpoints without keys', { checkpoints: {} }, 'Option "checkpoints.keys": got nothing'],
    ['no key at all', { checkpoints: { keys: { keys: [] } } }, 'Option "checkpoints.keys.keys": got an empty list'],
    ['keys that are no set', { checkpoints: { keys: 'PEM' } }, 'wants a JSON Web Key Set: { keys: [ … ] }'],
    ['one key in place of a set', { checkpoints: { keys: jwk } }, 'Option "checkpoints.keys": got an object'],
    [
      'a key that no checkpoint could name',
      { checkpoints: { keys: { keys: [jwk] } } },
      'wants a JSON Web Key with its kid',
    ],
    [
      'a source of checkpoints that is none',
      { checkpoints: { keys: { keys: [{ ...jwk, kid: 'k' }] }, source: {} } },
      'Option "checkpoints.source": got an object',
    ],
    [
      'a place of checkpoints that is misspelt',
      { checkpoints: { keys: { keys: [{ ...jwk, kid: 'k' }] }, sources: file } },
      'Did you mean "source"?',
    ],
    ['a sink in place of its name', { sink: { name: 'a' } }, 'Option "sink": got an object'],
    ['what merely looks like yes', { excerpt: 'true' }, 'Option "excerpt": got "true", wants true or false'],
    ['no options', null, 'Option "options": got null'],
  ])('%s', async (_, options, message) => {
    expect(await messageOf(() => verifyTrail(file, options as object))).toContain(message)
  })

  it.each([undefined, 7, '', {}, [[7]]])('as a trail, %j', async (source) => {
    expect(await messageOf(() => verifyTrail(source as string))).toContain('Option "source": got')
  })
})

describe('findInTrail refuses', () => {
  it.each([
    ['a subject without its issuer', { subject: 'user-1' }, 'Option "query.subject": got a string, wants { iss, sub }'],
    ['half of a subject', { subject: { sub: 'user-1' } }, 'Option "query.subject": got an object, wants { iss, sub }'],
    ['what it cannot look for', { subjct: 'a' }, 'Option "query.subjct" is unknown. Did you mean "subject"?'],
    ['a token that is none, without showing it', { token: ['secret'] }, 'Option "query.token": got a list'],
    ['a query that is none', 'token', 'Option "query": got "token"'],
  ])('%s', async (_, query, message) => {
    expect(await messageOf(() => first(findInTrail(file, query as object)))).toContain(message)
  })

  it.each([
    ['options that are misspelt', { fingerprintKey: [] }, 'Did you mean "fingerprintKeys"?'],
    ['a key that is too short', { fingerprintKeys: [{ id: 'k', secret: Buffer.alloc(3) }] }, 'got 3 bytes'],
  ])('%s', async (_, options, message) => {
    expect(await messageOf(() => first(findInTrail(file, { txn: 'a' }, options as object)))).toContain(message)
  })

  it('nothing that a party of an event says beside its name', async () => {
    const subject = { iss: 'https://login.example', sub: 'alice', acr: 'gold' }
    expect(await messageOf(() => first(findInTrail(file, { subject })))).toBe('accepted')
  })
})

describe('tailTrail refuses', () => {
  it.each([
    ['to begin in the middle', { from: 'middle' }, 'Option "from": got "middle", wants one of "start", "end"'],
    ['no time between two looks', { pollMs: 0 }, 'Option "pollMs": got 0'],
    ['a controller in place of its signal', { signal: new AbortController() }, 'wants an AbortSignal'],
    ['options that are misspelt', { form: 'start' }, 'Did you mean "from"?'],
  ])('%s', async (_, options, message) => {
    expect(await messageOf(() => first(tailTrail(file, options as object)))).toContain(message)
  })
})
