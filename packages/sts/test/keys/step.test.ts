import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EMPTY_RING } from '../../src/keys/ring.js'
import type { NewKey, Ring, RotationRules } from '../../src/keys/ring.js'
import type { SigningAlgorithm } from '../../src/keys/signing-keys.js'
import { revokeKey, stepRing } from '../../src/keys/step.js'
import type { Step } from '../../src/keys/step.js'
import { DAY_MS, HOUR_MS, rules, START_MS, toStates } from './parts.js'

/** Keys named after their place in the order in which they were made. */
function createSpares(): (algorithm: SigningAlgorithm) => NewKey {
  let count = 0
  return (algorithm) => ({
    kid: String.fromCodePoint(97 + count++),
    algorithm,
    publicJwk: { kty: 'OKP', crv: 'Ed25519', x: 'x' },
    privateKey: 'private',
  })
}

type Take = (spares: readonly NewKey[]) => Step

/** Takes a step as the keeper does: once to learn which keys are wanted, once with them. */
function take(next: (algorithm: SigningAlgorithm) => NewKey, plan: Take): Step {
  const { missing } = plan([])
  return plan(missing.map(next))
}

/** A ring over time. */
function createLife(own: RotationRules = rules): {
  ring: Ring
  nowMs: number
  at(ms: number): string[]
  revoke(kid: string): string[]
  changes: string[]
} {
  const next = createSpares()
  const settle = (step: Step): string[] => {
    if (step.changes.length > 0) life.ring = { ...step.ring, version: life.ring.version + 1 }
    life.changes = step.changes.map(({ kid, from, to }) => `${kid} ${from} > ${to}`)
    return toStates(life.ring)
  }
  const life = {
    ring: EMPTY_RING,
    nowMs: START_MS,
    changes: [] as string[],
    at(ms: number) {
      life.nowMs = START_MS + ms
      return settle(take(next, (spares) => stepRing(life.ring, life.nowMs, own, spares)))
    },
    revoke: (kid: string) => settle(take(next, (spares) => revokeKey(life.ring, kid, life.nowMs, own, spares))),
  }
  return life
}

describe('a ring', () => {
  it('that was never written begins with a key that signs at once and one that is pending', () => {
    const life = createLife()
    expect(life.at(0)).toEqual(['a active', 'b pending'])
    expect(life.changes).toEqual(['a undefined > pending', 'a pending > active', 'b undefined > pending'])
  })

  it('goes through its states, each no sooner than it may', () => {
    const life = createLife()
    life.at(0)
    expect(life.at(30 * DAY_MS - 1)).toEqual(['a active', 'b pending'])
    expect(life.at(30 * DAY_MS)).toEqual(['a retiring', 'b active', 'c pending'])
    expect(life.changes).toEqual(['a active > retiring', 'b pending > active', 'c undefined > pending'])
    expect(life.at(31 * DAY_MS + 304_999)).toEqual(['a retiring', 'b active', 'c pending'])
    expect(life.at(31 * DAY_MS + 305_000)).toEqual(['b active', 'c pending'])
    expect(life.changes).toEqual(['a retiring > removed'])
  })

  it('destroys the private part of a key that retires, and both parts of one that is revoked', () => {
    const life = createLife()
    life.at(0)
    life.at(30 * DAY_MS)
    life.revoke('c')
    const parts = life.ring.records.map(({ kid, publicJwk, privateKey }) => [
      kid,
      publicJwk !== undefined,
      privateKey !== undefined,
    ])
    expect(Object.fromEntries(parts.map(([kid, ...has]) => [kid, has]))).toEqual({
      a: [true, false],
      b: [true, true],
      c: [false, false],
      d: [true, true],
    })
  })

  it('lets the active key sign on where the pending one has not been published for long enough', () => {
    const life = createLife({ ...rules, activeMs: 2 * DAY_MS })
    life.at(0)
    life.at(2 * DAY_MS - HOUR_MS)
    expect(life.revoke('b')).toEqual(['a active', 'b revoked', 'c pending'])
    expect(life.at(2 * DAY_MS)).toEqual(['a active', 'b revoked', 'c pending'])
    expect(life.at(3 * DAY_MS - HOUR_MS + 304_999)).toEqual(['a active', 'c pending'])
    expect(life.at(3 * DAY_MS - HOUR_MS + 305_000)).toEqual(['a retiring', 'c active', 'd pending'])
  })

  it('in an emergency drops the key and lets the pending one sign, however new that is', () => {
    const life = createLife()
    life.at(0)
    expect(life.revoke('a')).toEqual(['a revoked', 'b active', 'c pending'])
    expect(life.changes).toEqual(['a active > revoked', 'b pending > active', 'c undefined > pending'])
    expect(life.revoke('b')).toEqual(['a revoked', 'b revoked', 'c active', 'd pending'])
  })

  it('keeps a revoked kid on its deny list for as long as a token could live', () => {
    const life = createLife()
    life.at(0)
    life.revoke('a')
    expect(life.at(rules.denyMs - 1)).toEqual(['a revoked', 'b active', 'c pending'])
    expect(life.at(rules.denyMs)).toEqual(['b active', 'c pending'])
  })

  it('is not changed by a revocation of what it has not, or has revoked', () => {
    const life = createLife()
    life.at(0)
    life.revoke('a')
    const { ring } = life
    life.revoke('a')
    life.revoke('unheard of')
    expect(life.ring).toBe(ring)
  })

  it('has keys of each algorithm, and publishes the first of one that is added before it signs', () => {
    const life = createLife()
    life.at(0)
    const both: RotationRules = { ...rules, algorithms: ['ES256', 'Ed25519'] }
    const next = (algorithm: SigningAlgorithm): NewKey => ({ ...createSpares()(algorithm), kid: 'z' })
    const added = take(next, (spares) => stepRing(life.ring, START_MS + HOUR_MS, both, spares))
    expect(toStates(added.ring)).toEqual(['a active', 'b pending', 'z pending'])
    const early = stepRing(added.ring, START_MS + HOUR_MS + DAY_MS + 304_999, both, [])
    expect(early.changes).toEqual([])
    const due = take(createSpares(), (spares) =>
      stepRing(added.ring, START_MS + HOUR_MS + DAY_MS + 305_000, both, spares),
    )
    expect(due.changes.map(({ kid, to }) => `${kid} ${to}`)).toEqual(['z active', 'a pending'])
  })

  it('lets keys of an algorithm that is no longer configured run out, and makes no new ones', () => {
    const life = createLife({ ...rules, algorithms: ['ES256', 'Ed25519'] })
    life.at(0)
    const one: RotationRules = { ...rules, algorithms: ['ES256'] }
    const next = createSpares()
    let ring: Ring = { ...life.ring, version: 1 }
    const kinds = (): string[] => ring.records.map(({ algorithm, state }) => `${algorithm} ${state}`).toSorted()
    for (const day of [1, 2, 29, 30, 31, 32])
      ring = take(next, (spares) => stepRing(ring, START_MS + day * DAY_MS, one, spares)).ring
    expect(kinds()).toEqual(['ES256 active', 'ES256 pending'])
  })

  it('is not read as older than it is by a clock that is behind', () => {
    const life = createLife()
    life.at(0)
    expect(life.at(-90 * DAY_MS)).toEqual(['a active', 'b pending'])
  })
})

describe('in any order of steps and emergencies', () => {
  const event = fc.record({ afterMs: fc.integer({ min: 0, max: 20 * DAY_MS }), victim: fc.option(fc.nat(5)) })

  it('one key of each algorithm signs, one is pending, none signs early, and none comes back', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const own: RotationRules = { ...rules, algorithms: ['ES256', 'RS256'] }
        const life = createLife(own)
        const publishedAt = new Map<string, number>()
        const gone = new Set<string>()
        let ms = 0
        life.at(0)
        for (const { kid } of life.ring.records) publishedAt.set(kid, life.nowMs)
        for (const { afterMs, victim } of events) {
          const before = life.ring
          const kid = victim === null ? undefined : before.records[victim % before.records.length]?.kid
          if (kid === undefined) life.at((ms += afterMs))
          else life.revoke(kid)
          const { records } = life.ring
          for (const algorithm of own.algorithms) {
            const states = records.filter((record) => record.algorithm === algorithm).map(({ state }) => state)
            expect(states.filter((state) => state === 'active')).toHaveLength(1)
            expect(states.filter((state) => state === 'pending')).toHaveLength(1)
          }
          for (const change of life.changes) {
            const [name = '', , , to = ''] = change.split(' ')
            expect(gone.has(name) && to !== 'removed').toBe(false)
            if (to === 'pending') publishedAt.set(name, life.nowMs)
            if (to === 'revoked' || to === 'removed') gone.add(name)
            if (to === 'active' && kid === undefined)
              expect(life.nowMs - (publishedAt.get(name) ?? Infinity)).toBeGreaterThanOrEqual(own.pendingMs)
          }
          for (const { state, publicJwk, privateKey } of records) {
            expect(publicJwk !== undefined).toBe(state !== 'revoked')
            expect(privateKey !== undefined).toBe(state === 'active' || state === 'pending')
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})
