import { createAuditTrail } from '@countersign/audit'
import type { AuditEntry, AuditEvent } from '@countersign/core'
import { CHANNELS } from '@countersign/core'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ATTACKER, NEIGHBOURHOOD, toNetwork } from '../src/event/network.js'
import { parseLine } from '../src/chain/parse.js'
import { toLine } from '../src/chain/line.js'
import { TYPES } from '../src/event/table.js'
import { createTestSink, strangersDenial, toOptions } from './doubles.js'
import { fullEntry, types } from './events.js'
import { isSoak } from './soak.js'

const numRuns = isSoak ? 20_000 : 300
const sourceTypes = types.filter((type) => TYPES[type] !== 'own')

const segment = fc.base64String({ minLength: 16, maxLength: 400 }).map((text) => text.replace(/[+/=]/g, '_'))
const jwt = fc.tuple(segment, segment, segment).map(([a, b, c]) => `eyJ${a}.eyJ${b}.${c}`)
/** What makes a log lie: a line of its own, a terminal's commands, text that runs backwards, halves of characters. */
const nasty = fc.oneof(
  fc.constantFrom(
    '\n',
    '\r\n',
    '\u0000',
    '\u001B[2J',
    '\u009B31m',
    '\u2028',
    '\u2029',
    '\u202E',
    '\u2066',
    '\uD800',
    '\uDC00',
    '\u007F',
    '\uFEFF',
    '\u200B',
    '"}\n{"v":1',
    '\\u000a',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
)
const strangersText = fc
  .array(fc.oneof(nasty, jwt, fc.constant('Bearer '), fc.string({ maxLength: 600 })), { maxLength: 6 })
  .map((parts) => parts.join(''))

type Json = unknown
/** The full entry, with every text in it (but for what only this suite's code writes) replaced by a stranger's. */
function spoil(value: Json, next: () => string, path: readonly string[] = []): Json {
  if (typeof value === 'string') return next()
  if (Array.isArray(value)) return value.map((each) => spoil(each, next, path))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, spoil(each, next, [...path, name])]))
}

async function record(
  entries: readonly AuditEntry[],
  options: Parameters<typeof toOptions>[1] = {},
): Promise<AuditEvent[]> {
  const sink = createTestSink()
  const trail = createAuditTrail(toOptions([sink], options))
  for (const entry of entries) await trail.record(entry)
  await trail.close()
  return sink.events.filter(({ type }) => TYPES[type] !== 'own')
}

function listTexts(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap((each) => listTexts(each))
}

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const UNSAFE = /[\u0000-\u001F\u007F-\u009F\u00AD\u061C\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/
const LONE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/

describe('whatever a stranger sends, an event of any type', () => {
  it('carries no token, no control character, no half character, nothing without bound, and one line', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...sourceTypes),
        fc.array(strangersText, { minLength: 60, maxLength: 60 }),
        async (type, texts) => {
          let at = 0
          const spoiled = spoil(fullEntry, () => texts[at++ % texts.length] ?? '') as AuditEntry
          const [event] = await record([{ ...spoiled, type, outcome: 'success' }])
          const kept = listTexts(event)
          expect(kept.filter((text) => UNSAFE.test(text) || LONE.test(text))).toEqual([])
          expect(kept.filter((text) => /eyJ[\w-]{8,}\.[\w-]/.test(text))).toEqual([])
          expect(Math.max(...kept.map((text) => text.length))).toBeLessThan(6 * 512 + 64)
          const line = event === undefined ? '' : toLine(event)
          expect(line).not.toMatch(/[\r\n]/)
          expect(parseLine(line).kind).toBe('event')
        },
      ),
      { numRuns },
    )
  }, 1_200_000)

  it('has the members of the table and no other', async () => {
    const extra = {
      ...fullEntry,
      type: 'token.exchange',
      accessToken: 'secret',
      subject: { ...fullEntry.subject, password: 'secret' },
    }
    const [event] = await record([extra as AuditEntry])
    expect(JSON.stringify(event)).not.toContain('secret')
    expect(event).toMatchObject(fullEntry)
  })

  it('has no member of the wrong type', async () => {
    const wrong = {
      type: 'authz.denied',
      outcome: 'denied',
      txn: { toString: () => 'x' },
      durationMs: Number.NaN,
      subject: 'alice',
      actor: 7,
      scope: [],
    }
    const [event] = await record([{ ...wrong, client: { id: 'c', authMethod: 'x' } } as never])
    expect(event).toMatchObject({ type: 'authz.denied', outcome: 'denied', client: { id: 'c' } })
    expect(Object.keys(event ?? {})).not.toContain('txn')
    expect(Object.keys(event ?? {})).not.toContain('durationMs')
    expect(Object.keys(event ?? {})).not.toContain('actor')
  })
})

describe('texts', () => {
  const keep = async (userAgent: string): Promise<string | undefined> => {
    const [event] = await record([
      { ...fullEntry, type: 'authz.denied', request: { id: 'r', userAgent, route: '/a?token=b#c' } },
    ])
    expect(event?.request?.route).toBe('/a')
    return event?.request?.userAgent
  }

  it.each([
    ['a\nb', 'a\\u000ab'],
    ['a\\nb', 'a\\nb'],
    ['a\\u000ab', 'a\\u005cu000ab'],
    ['CORP\\alice', 'CORP\\alice'],
    ['Bearer abcdefgh.ijkl', '[token]'],
    ['x eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0. y', 'x [token] y'],
    ['access_token=eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.sig', 'access_token=[token]'],
    ['/eyJhbGciOiJub25lIn0%2EeyJzdWIiOiJhIn0%2ec2ln/x', '/[token]/x'],
    ['/a%20Bearer%20abcdefgh-ijkl', '/a%20[token]'],
    ['Bearer\tabcdefgh-ijkl', '[token]'],
    ['Bearer+abcdefgh-ijkl', '[token]'],
    ['grüße 🙂', 'grüße 🙂'],
    ['\uD83D', '\uFFFD'],
  ])('%j is kept as %j', async (given, kept) => {
    expect(await keep(given)).toBe(kept)
  })

  it('that are cut say how long they were, and are still told apart', async () => {
    const [one, two] = [await keep(`${'a'.repeat(300)}1`), await keep(`${'a'.repeat(300)}2`)]
    expect(one).toMatch(/^a{255}…\[301:[\w-]{12}\]$/)
    expect(one).not.toBe(two)
  })

  it('cut through a token do not keep its beginning', async () => {
    expect(await keep(`${'a'.repeat(240)} eyJ${'b'.repeat(200)}.${'c'.repeat(200)}.d`)).not.toContain('bbbb')
  })

  it('and parties in a list that is cut say how many there were', async () => {
    const actor = Array.from({ length: 20 }, (_, at) => ({ iss: 'https://sts.example', sub: `actor ${at}` }))
    const [cut] = await record([{ ...fullEntry, type: 'token.exchange', actor }])
    expect(cut?.actor).toEqual([...actor.slice(0, 16), { iss: '', sub: '…[20]' }])
    const [whole] = await record([{ ...fullEntry, type: 'token.exchange', actor: actor.slice(4) }])
    expect(whole?.actor).toEqual(actor.slice(4))
  })

  it('as long as a megabyte take no longer than a moment', async () => {
    const startMs = performance.now()
    for (const text of [
      'eyJ'.repeat(350_000),
      'eyJ.'.repeat(250_000),
      'Bearer '.repeat(150_000),
      '\\u'.repeat(500_000),
    ])
      await keep(text)
    expect(performance.now() - startMs).toBeLessThan(1_000)
  })
})

it('what a source gives as a reason, and is none, is told to nobody as it was', async () => {
  const told: unknown[] = []
  const listen = (event: unknown): void => void told.push(event)
  subscribe(CHANNELS.audit, listen)
  const bad = { reason: 'eyJhbGciOiJub25lIn0.e30.\n', outcome: 'failure' } as const
  await record([
    { ...fullEntry, ...bad, type: 'token.exchange' },
    { ...fullEntry, ...bad, type: 'authz.denied' },
  ])
  unsubscribe(CHANNELS.audit, listen)
  const reasons = told.map((event) => (event as { reason?: string }).reason).filter((each) => each !== undefined)
  expect(reasons).toEqual(['ERR_REASON_MALFORMED', 'ERR_REASON_MALFORMED'])
})

it('a type or an outcome that does not exist is a mistake of the source where refusals are counted too', async () => {
  const sink = createTestSink()
  const trail = createAuditTrail(toOptions([sink], { denials: { burst: 1, perSecond: 1, countSeconds: 1 } }))
  const stranger = { type: 'authn.failure', outcome: 'failure', reason: 'ERR_TOKEN_SIGNATURE' } as const
  for (let index = 0; index < 3; index++) await trail.record(stranger)
  for (const wrong of [{ type: 'authn.other' }, { outcome: 'other' }])
    await expect(trail.record({ ...stranger, ...wrong } as never)).rejects.toMatchObject({ reason: 'ERR_AUDIT_ENTRY' })
  await trail.record({ ...stranger, reason: 'no\nreason' })
  await trail.close()
  expect(sink.events.map(({ reason, counted }) => [reason, counted?.count]).slice(1, -1)).toEqual([
    ['ERR_TOKEN_SIGNATURE', undefined],
    ['ERR_TOKEN_SIGNATURE', 2],
    ['ERR_REASON_MALFORMED', 1],
  ])
})

describe('privacy', () => {
  const privacy = { pseudonymousSubjects: true, shortAddresses: true }

  it('keeps subjects as keyed digests that tell people apart, and addresses as networks', async () => {
    const entry = { ...fullEntry, type: 'token.exchange' } as const
    const events = await record(
      [
        entry,
        { ...entry, subject: { iss: 'https://other.example', sub: 'alice' } },
        { ...entry, request: { id: 'r', ip: '2001:db8:1:2::7' } },
      ],
      { privacy },
    )
    expect(JSON.stringify(events)).not.toContain('alice')
    expect(JSON.stringify(events)).not.toContain('front')
    const subjects = events.map(({ subject }) => subject?.sub)
    expect(subjects[0]).toMatch(/^hmac256:k1:[\w-]{43}$/)
    expect(subjects[0]).not.toBe(subjects[1])
    expect(subjects[0]).toBe(subjects[2])
    expect(events.map(({ request }) => request?.ip)).toEqual(['192.0.2.0/24', '192.0.2.0/24', '2001:db8:1::/48'])
  })
})

it.each([
  ['192.0.2.77', '192.0.2.0/24', '192.0.2.0/24'],
  ['::ffff:192.0.2.77', '192.0.2.0/24', '192.0.2.0/24'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64', '2001:db8:1::/48'],
  ['::1', '0:0:0:0::/64', '0:0:0::/48'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64', 'fe80:0:0::/48'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64', '64:ff9b:0::/48'],
  ['nobody', undefined, undefined],
])('the network of %s is %s, and for privacy %s', (address, attacker, neighbourhood) => {
  expect(toNetwork(address, ATTACKER)).toBe(attacker)
  expect(toNetwork(address, NEIGHBOURHOOD)).toBe(neighbourhood)
})

describe('refusals of strangers', () => {
  it('are counted by the part of an address that may be kept, where addresses are shortened', async () => {
    const sink = createTestSink()
    const denials = { perSecond: 1, burst: 1 }
    const trail = createAuditTrail(toOptions([sink], { denials, privacy: { shortAddresses: true } }))
    await trail.ready()
    for (const ip of [
      '192.0.2.1',
      '2001:db8:1:1::1',
      '2001:db8:1:2::1',
      '2001:db8:2:1::1',
      '192.0.2.2',
      '198.51.100.1',
    ])
      await trail.record({ ...strangersDenial, request: { id: 'r', ip } })
    await trail.close()
    const own = sink.events.filter(({ type }) => type === strangersDenial.type)
    expect(own.map(({ request, counted }) => [request?.ip, counted?.network, counted?.count])).toEqual([
      ['192.0.2.0/24', undefined, undefined],
      [undefined, '2001:db8:1::/48', 2],
      [undefined, '2001:db8:2::/48', 1],
      [undefined, '192.0.2.0/24', 1],
      [undefined, '198.51.100.0/24', 1],
    ])
  })
})
