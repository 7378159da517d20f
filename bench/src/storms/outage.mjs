// A key server that is down or hangs, and a key that is withdrawn: hours by the clocks that the verifier is given.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { CountersignError, createVerifier } from '@countersign/core'
import { createTestClock, createTestIssuer } from '@countersign/testing'
import { mintToken } from '../world.mjs'

/** @import { TestIssuer } from '@countersign/testing' */
/** @import { Context, Fact } from '../types.js' */

const MINUTE_MS = 60_000
/** The lifetime of a set without `Cache-Control`, and how long its keys are used beyond it while the refresh fails. */
const LIFETIME_MINUTES = 5
const STALE_MINUTES = 60
const AUDIENCE = 'https://api.example.com'

/**
 * @param {Context} context
 * @returns {Promise<Fact[]>}
 */
export async function stormOutages({ say }) {
  say('storms: key server down, hanging, and a key withdrawn')
  return [...(await endureOften('down')), ...(await endureOften('hanging')), ...(await withdraw())]
}

/**
 * Endures an outage three times. What the code makes a request wait for comes each time, and the rest of the machine does not:
 * the longest wait of the calmest time counts. Of the tokens served, the worst time does.
 * @param {'down' | 'hanging'} kind
 * @returns {Promise<Fact[]>}
 */
async function endureOften(kind) {
  const times = [await endure(kind), await endure(kind), await endure(kind)]
  const of = `Key server ${kind}`
  const shape = { section: /** @type {const} */ ('storms') }
  return [
    {
      ...shape,
      key: `${kind}.served`,
      title: `${of}: good tokens served for the stated hour`,
      value: Math.min(...times.map(({ served }) => served)) * 100,
      unit: '%',
    },
    {
      ...shape,
      key: `${kind}.wait`,
      title: `${of}: longest wait of a request`,
      value: Math.min(...times.map(({ longestMs }) => longestMs)),
      unit: 'ms',
    },
  ]
}

/**
 * Asks with a new token every minute, from the outage's first to the end of the stated hour, and once after it.
 * @param {'down' | 'hanging'} kind
 * @returns {Promise<{ served: number, longestMs: number }>} `served` as a share, from 0 to 1
 */
async function endure(kind) {
  const clock = createTestClock()
  const issuer = await createTestIssuer({ issuer: 'https://login.example', algorithms: ['ES256'], clock })
  const verifier = toVerifier(issuer)
  await verifier.verify(await mintToken(issuer, 'ES256', 0))
  await issuer.outage(kind)
  let served = 0
  let longestMs = 0
  const asked = LIFETIME_MINUTES + STALE_MINUTES - 1
  for (let minute = 1; minute <= asked; minute++) {
    clock.advance(MINUTE_MS)
    const token = await mintToken(issuer, 'ES256', minute)
    const startedMs = performance.now()
    if (await isAccepted(verifier.verify(token))) served++
    longestMs = Math.max(longestMs, performance.now() - startedMs)
    await nextTurn()
  }
  clock.advance(2 * MINUTE_MS)
  const after = await toReason(verifier.verify(await mintToken(issuer, 'ES256', 0)))
  if (!after.startsWith('ERR_KEYS_')) throw new Error(`Past the stated hour the answer is ${after}`)
  await verifier.close()
  return { served: served / asked, longestMs }
}

/**
 * A key that signed a remembered token leaves the set. Counts how often the token is still taken once that set was read.
 * @returns {Promise<Fact[]>}
 */
async function withdraw() {
  const clock = createTestClock()
  const issuer = await createTestIssuer({ issuer: 'https://login.example', algorithms: ['ES256'], clock })
  const verifier = toVerifier(issuer)
  const remembered = await mintToken(issuer, 'ES256', 0)
  const distinct = await mintToken(issuer, 'ES256', 1)
  await verifier.verify(remembered)
  await issuer.rotate({ keep: false })
  clock.advance((LIFETIME_MINUTES - 0.5) * MINUTE_MS)
  const readings = issuer.requests.length
  // Still good by the set that is held, and asking has the next one read behind it.
  if (!(await isAccepted(verifier.verify(remembered)))) throw new Error('A key was refused before its set was replaced')
  for (let turn = 0; turn < 50; turn++) await nextTurn()
  if (issuer.requests.length === readings) throw new Error('Nothing had the set read again')
  let taken = 0
  for (const token of [remembered, distinct, remembered, distinct])
    if (await isAccepted(verifier.verify(token))) taken++
  await verifier.close()
  const title = 'Withdrawn key: tokens taken after a set without it was read, remembered ones too'
  return [{ section: 'storms', key: 'withdrawn.taken', title, value: taken, unit: '' }]
}

/** @param {TestIssuer} issuer */
function toVerifier(issuer) {
  return createVerifier({ audience: AUDIENCE, issuers: [issuer.issuer], runtime: issuer.runtime })
}

/** @param {Promise<unknown>} pending */
async function isAccepted(pending) {
  return (await toReason(pending)) === ''
}

/** @param {Promise<unknown>} pending */
async function toReason(pending) {
  try {
    await pending
    return ''
  } catch (error) {
    if (error instanceof CountersignError) return error.reason
    throw error
  }
}
