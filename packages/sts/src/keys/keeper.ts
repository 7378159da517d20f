import { setTimeout as pause } from 'node:timers/promises'
import { toElapsedMs, toMoment } from '@countersign/core/adapter'
import type { Moment } from '@countersign/core/adapter'
import { judge } from './accept.js'
import type { Refusal } from './accept.js'
import { unavailable, withinDeadline } from './deadline.js'
import { generateKey } from './generate-key.js'
import { toHeldRing } from './held-ring.js'
import type { HeldRing } from './held-ring.js'
import { recordChanges } from './key-audit.js'
import type { ReadSigningKeysOptions } from './option-tables.js'
import { restore } from './restore.js'
import { EMPTY_RING } from './ring.js'
import type { KeyChange, NewKey, Ring } from './ring.js'
import { encodeRing } from './ring-document.js'
import { seal } from './seal.js'
import type { SigningAlgorithm } from './signing-keys.js'
import { revokeKey, stepRing } from './step.js'
import type { Step } from './step.js'

/** Keeps one process in step with the store, and the store in step with time. */
export interface Keeper {
  /** The newest ring that was accepted. */
  readonly held: HeldRing | undefined
  /** When the reading began that heard the store last. */
  readonly heardAt: Moment | undefined
  /** Why the store's document is not taken; `undefined` while it is. */
  readonly refusal: Refusal | undefined
  /** What was revoked as far as this process knows, and since when, in milliseconds since the epoch: no document makes it forget. */
  readonly denied: ReadonlyMap<string, number>
  /**
   * Reads the store, and changes what is due. Rejects with UpstreamError where the store does not answer, or its document is
   * refused; a change that fails is tried again with the next call, and rejects where there is no ring without it.
   */
  sync(): Promise<void>
  /**
   * Drops a key here at once, and everywhere once this resolves.
   *
   * @throws RangeError where no ring has it
   * @throws UpstreamError where that could not be recorded or written
   */
  revoke(kid: string): Promise<void>
}

type Plan = (ring: Ring, nowMs: number, spares: readonly NewKey[]) => Step

/** So often one change is tried, each time against a newer ring. */
const ATTEMPTS = 8

/** Creates a keeper. It does nothing by itself. */
export function createKeeper(options: ReadSigningKeysOptions): Keeper {
  const { store, wrapper, name, rules, deadlineMs, audit, logger, clock } = options
  let held: HeldRing | undefined
  let heardAt: Moment | undefined
  let refusal: Refusal | undefined
  let turn: Promise<unknown> = Promise.resolve()
  const denied = new Map<string, number>()

  const within = <T>(what: string, work: () => Promise<T>): Promise<T> => withinDeadline(deadlineMs, what, work)
  /** Time goes on for a machine that sleeps, and for one whose clock is set back while the store is away. */
  const toNowMs = (): number => (heardAt === undefined ? clock.now() : heardAt.wallMs + toElapsedMs(clock, heardAt))

  const adopt = (ring: Ring, bytes: Uint8Array, beganAt: Moment): void => {
    for (const { kid, state, sinceMs } of ring.records) if (state === 'revoked') denied.set(kid, sinceMs)
    held = toHeldRing(ring, bytes, (kid) => denied.has(kid))
    heardAt = beganAt
    refusal = undefined
  }

  /** Reads the store, takes its document or refuses it. */
  const refresh = async (): Promise<Ring> => {
    const beganAt = toMoment(clock)
    const document = await within('store', () => store.read())
    const verdict = await within('wrapper', () => judge(document, held, wrapper, name))
    if (verdict.kind === 'ring') adopt(verdict.ring, verdict.bytes, beganAt)
    else if (verdict.kind === 'refused') {
      if (refusal !== verdict.refusal) tellRefusal(verdict.refusal)
      refusal = verdict.refusal
      if (verdict.refusal === 'unopened' || held === undefined) throw unavailable({ refusal: verdict.refusal })
      await restore({ held, fromVersion: document?.version ?? 0, store, within, toSealed })
      logger.warn('The newest signing keys were written to the store again', { version: held.ring.version })
    }
    heardAt = beganAt
    refusal = undefined
    return held?.ring ?? EMPTY_RING
  }

  const tellRefusal = (why: Refusal): void => {
    logger.error('The signing keys in the store are refused', { refusal: why, heldVersion: held?.ring.version ?? 0 })
    const event = { type: 'jwks.failed', outcome: 'error', reason: 'ERR_KEYS_MALFORMED' } as const
    audit?.record(event).catch(() => logger.error('The audit trail did not take that either'))
  }

  const toSealed = (ring: Ring): Promise<Uint8Array> =>
    within('wrapper', () => seal(wrapper, { name, version: String(ring.version) }, encodeRing(ring, name)))

  /** Records what is new among the changes. A revocation counts in this process from then on, whatever becomes of the store. */
  const record = async (changes: readonly KeyChange[], recorded: Set<string>): Promise<void> => {
    const fresh = changes.filter(({ kid, to }) => !recorded.has(`${to} ${kid}`))
    if (audit !== undefined) await within('audit', () => recordChanges(audit, fresh))
    for (const { kid, to } of fresh) {
      recorded.add(`${to} ${kid}`)
      if (to === 'revoked' && !denied.has(kid)) denied.set(kid, toNowMs())
    }
    if (held !== undefined) held = toHeldRing(held.ring, held.bytes, (kid) => denied.has(kid))
  }

  /** Whoever has stolen a key, and can reach the store, must not keep the key alive by taking the store away. */
  const denyHeld = async (kid: string): Promise<void> => {
    const found = held?.ring.records.find((candidate) => candidate.kid === kid && candidate.state !== 'revoked')
    if (found === undefined || denied.has(kid)) return
    await record([{ kid, algorithm: found.algorithm, from: found.state, to: 'revoked' }], new Set())
    logger.warn('A signing key was revoked by this process alone: the store is not heard', { kid })
  }

  /** One change, planned against what is held, recorded, then written if nobody was faster. */
  const change = async (first: Ring, plan: Plan): Promise<readonly KeyChange[]> => {
    const recorded = new Set<string>()
    let ring = first
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const { ring: planned, changes } = await toStep(ring, plan, toNowMs())
      if (changes.length === 0) return changes
      await record(changes, recorded)
      const next: Ring = { ...planned, version: ring.version + 1 }
      const bytes = await toSealed(next)
      const beganAt = toMoment(clock)
      const document = { version: next.version, bytes }
      if (await within('store', () => store.compareAndSet(ring.version, document))) {
        adopt(next, bytes, beganAt)
        for (const { kid, from, to } of changes) logger.info('A signing key changed', { kid, from, to })
        return changes
      }
      await pause(Math.random() * 10 * attempt)
      ring = await refresh()
    }
    throw unavailable({ attempts: ATTEMPTS })
  }

  /** What is due, and what this process knows to be revoked and the store has lost. */
  const toDue: Plan = (ring, nowMs, spares) => {
    const lost = ring.records.find(({ kid, state }) => state !== 'revoked' && denied.has(kid))
    return lost === undefined ? stepRing(ring, nowMs, rules, spares) : revokeKey(ring, lost.kid, nowMs, rules, spares)
  }

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work)
    turn = result.catch(() => {})
    return result
  }

  return {
    get held() {
      return held
    },
    get heardAt() {
      return heardAt
    },
    get refusal() {
      return refusal
    },
    denied,
    sync: () =>
      inTurn(async () => {
        const ring = await refresh()
        try {
          await change(ring, toDue)
        } catch (error) {
          if (held === undefined) throw error
          logger.warn('A change of the signing keys that is due did not come about', { cause: toWord(error) })
        }
      }),
    revoke: (kid) =>
      inTurn(async () => {
        const ring = await refresh().catch(async (error: unknown) => {
          await denyHeld(kid)
          throw error
        })
        const record = ring.records.find((candidate) => candidate.kid === kid)
        if (record === undefined) throw new RangeError('There is no signing key of this kid')
        const changes = await change(ring, (newest, nowMs, spares) => revokeKey(newest, kid, nowMs, rules, spares))
        if (changes.length > 0) logger.warn('A signing key was revoked', { kid })
      }),
  }
}

/** Plans once to learn which keys are wanted, and again with them. */
async function toStep(ring: Ring, plan: Plan, nowMs: number): Promise<Step> {
  const first = plan(ring, nowMs, [])
  if (first.missing.length === 0) return first
  const spares = await Promise.all(first.missing.map((algorithm: SigningAlgorithm) => generateKey(algorithm)))
  return plan(ring, nowMs, spares)
}

/** The reason, or the name, of what failed: its message may quote what a stranger wrote. */
function toWord(error: unknown): string {
  const { reason, name } = (error ?? {}) as { reason?: unknown; name?: unknown }
  return [reason, name].find((word): word is string => typeof word === 'string') ?? 'Error'
}
