import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noServer, startServer, until } from '../../packages/redis/test/servers.js'
import type { TestServer } from '../../packages/redis/test/servers.js'
import { isLong, report } from '../bounds/long-form.js'
import { createFreshConsumer, createOwnConsumer, createSlowConsumer } from './consumers.js'
import type { Consumer, Outcome } from './consumers.js'
import { startReplica } from './replicas.js'
import type { Answer, Plan, Replica } from './replicas.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Ten rotations take over three hours at the least that the rules allow; here they take five minutes, and two of them six seconds. */
const scale = isLong ? 40 : 500
const rotations = isLong ? 10 : 2
const requestsASecond = 200
const pendingMs = 900_000
/** The shortest time that a key may sign: pending, 5 min for replicas that are behind, 5 s for clocks. */
const activeMs = pendingMs + 305_000
const lifetimeSeconds = 900
/** A token, 5 s for clocks and 300 s of HTTP: keys go as soon as they may. */
const retiringMs = 1_205_000
const [issuer, audience] = ['https://sts.example', 'https://api.example.com']

/** A token, as a replica gives it. */
interface Issued {
  readonly kid: string
  readonly token: string
  readonly exp: number
}

/** What was seen, to be asserted when all is over. */
interface Ledger {
  readonly outcomes: Record<string, Record<Outcome, number>>
  requests: number
  unanswered: number
  overslept: number
  emptySets: number
  sets: number
  unavailableSets: number
  readonly signers: Set<string>
  readonly failures: string[]
}

/** So many requests at once are not answered yet. */
const MAX_WAITING = 32

describe.skipIf(noServer !== '')(`replicas of a token service on one Redis${noServer}`, () => {
  let server: TestServer
  beforeAll(async () => {
    // The processes run what is built.
    const folders = ['redis', 'sts'].map((name) => path.join(root, 'packages', name))
    await promisify(execFile)(path.join(root, 'node_modules/.bin/tsc'), ['-b', ...folders])
    server = await startServer()
  }, 120_000)
  const cleanup: (() => Promise<unknown>)[] = []
  afterAll(async () => {
    await Promise.all(cleanup.map((end) => end()))
    await server.stop()
  })

  it(
    `Four replicas on one Redis, ${requestsASecond} requests a second, ${rotations} graceful rotations, one replica killed, one emergency revocation: no verification fails through graceful rotation, JWKS is never empty, exactly one replica wins each rotation`,
    { timeout: isLong ? 1_200_000 : 60_000 },
    async () => {
      const startMs = Date.now()
      const runtime = {
        now: () => startMs + (Date.now() - startMs) * scale,
        monotonicNow: () => performance.now() * scale,
      }
      const plan: Plan = {
        url: server.url,
        secret: randomBytes(32).toString('base64url'),
        startMs,
        scale,
        issuer,
        audience,
        lifetimeSeconds,
        pendingMs,
        activeMs,
        retiringMs,
        refreshMs: Math.max(10, Math.ceil(10_000 / scale)),
      }
      const replicas = await Promise.all(['one', 'two', 'three', 'four'].map((name) => startReplica(name, plan)))
      const listAlive = (): Replica[] => replicas.filter(({ isAlive }) => isAlive)
      const pick = (): Replica => {
        const alive = listAlive()
        return alive[Math.floor(Math.random() * alive.length)]!
      }
      /** As a load balancer does: whoever is gone is not asked again. */
      const askAny = async (at: string): Promise<Answer> => {
        for (;;) {
          const replica = pick()
          try {
            return await replica.ask(at)
          } catch (error) {
            if (replica.isAlive) throw error
          }
        }
      }
      const balancer = createServer((req, res) => {
        askAny(req.url ?? '/').then(
          ({ status, body }) => {
            const headers = { 'Content-Type': 'application/jwk-set+json', 'Cache-Control': 'public, max-age=300' }
            res.writeHead(status, headers).end(JSON.stringify(body))
          },
          () => void res.writeHead(502).end(),
        )
      }).listen(0, '127.0.0.1')
      await once(balancer, 'listening')
      cleanup.push(async () => {
        balancer.closeAllConnections()
        balancer.close()
        await Promise.all(replicas.map((replica) => replica.kill()))
      })
      const { port } = balancer.address() as { port: number }

      const readKeys = (): Promise<Answer> => askAny('/jwks')
      const own = createOwnConsumer(`http://127.0.0.1:${port}/jwks`, plan, runtime)
      cleanup.push(() => own.verifier.close())
      const fresh = createFreshConsumer(readKeys, runtime.now)
      const consumers: Record<string, Consumer> = {
        slow: createSlowConsumer(readKeys, runtime.now),
        own: own.consumer,
      }
      const toCounts = (): Record<Outcome, number> => ({ good: 0, bad: 0, unavailable: 0 })
      const ledger: Ledger = {
        outcomes: { slow: toCounts(), own: toCounts(), another: toCounts(), 'at the end': toCounts() },
        requests: 0,
        unanswered: 0,
        overslept: 0,
        emptySets: 0,
        sets: 0,
        unavailableSets: 0,
        signers: new Set(),
        failures: [],
      }
      const note = (who: string, outcome: Outcome, { kid, exp }: Issued): void => {
        // A busy machine may have slept over the end of a token: that is no verdict on its key.
        if (runtime.now() >= exp * 1_000) return void (ledger.overslept += 1)
        const counts = ledger.outcomes[who]!
        counts[outcome] += 1
        if (outcome === 'bad') ledger.failures.push(`${who}: ${kid} at ${(runtime.now() - startMs) / 1_000} s`)
      }

      /** One user: a token from one replica, checked by everybody, and once more before it ends. */
      const request = async (): Promise<void> => {
        ledger.requests += 1
        const every = ledger.requests
        waiting += 1
        const issued = await judgeOne().finally(() => (waiting -= 1))
        if (issued === undefined || every % 4 !== 0) return
        await sleep(Math.max(0, ((issued.exp * 1_000 - runtime.now()) / scale) * (isLong ? 0.95 : 0.6)))
        note('at the end', await fresh(issued.token), issued)
      }
      const judgeOne = async (): Promise<Issued | undefined> => {
        const { status, body } = await askAny('/token')
        if (status !== 200) {
          ledger.unanswered += 1
          return undefined
        }
        const issued = body as unknown as Issued
        const { kid, token } = issued
        ledger.signers.add(kid)
        for (const [who, consumer] of Object.entries(consumers)) note(who, await consumer(token), issued)
        const { status: found, body: answer } = await askAny(`/find?kid=${kid}`)
        note('another', found !== 200 ? 'unavailable' : answer['found'] === true ? 'good' : 'bad', issued)
        return issued
      }
      let waiting = 0
      const watchSets = async (): Promise<void> => {
        for (const replica of listAlive()) {
          const { status, body } = await replica.ask('/jwks').catch((error: unknown) => {
            if (replica.isAlive) throw error
            return { status: 0, body: { keys: [] } }
          })
          if (status === 0) continue
          ledger.sets += 1
          if (status !== 200) ledger.unavailableSets += 1
          else if ((body['keys'] as unknown[]).length < 2) ledger.emptySets += 1
        }
      }
      /** So many a second, until it is over. */
      const drive = async (isOver: () => boolean): Promise<void> => {
        const beganAt = performance.now()
        const sent: Promise<void>[] = []
        let count = 0
        while (!isOver()) {
          // A machine that cannot keep up is asked less often: in a queue, tokens would be past their end before anybody judged them.
          for (const due = ((performance.now() - beganAt) / 1_000) * requestsASecond; count < due; count++)
            if (waiting < MAX_WAITING) sent.push(request())
          await Promise.all([watchSets(), sleep(5)])
        }
        await Promise.all(sent)
      }

      // Their life begins with the first key, however long the processes took to start.
      const { keys } = (await askAny('/health')).body as { keys: { state: string; sinceMs: number }[] }
      const beganMs = keys.find(({ state }) => state === 'active')?.sinceMs ?? Number.NaN
      const cycle = (count: number): number => beganMs + count * activeMs
      // A busy machine may come late to the last rotation; it has until the next would be due.
      const hasRotated = (): boolean => ledger.signers.size > rotations || runtime.now() >= cycle(rotations + 0.9)
      const first = drive(() => runtime.now() >= cycle(rotations + 0.25) && hasRotated())
      await sleep((cycle(1.5) - runtime.now()) / scale)
      const [victim] = replicas
      await victim?.kill()
      replicas.push(await startReplica('five', plan))
      await first

      // Through graceful rotation nobody saw anything.
      expect(ledger.failures).toEqual([])
      expect(ledger.signers.size).toBe(rotations + 1)
      const emergency = await revokeInAnEmergency()

      const winners = new Map<number, string[]>()
      for (const { name, won } of replicas)
        for (const version of won) winners.set(version, [...(winners.get(version) ?? []), name])
      const { version } = (await askAny('/health')).body as { version: number }
      const versions = Array.from({ length: version }, (_, index) => index + 1)
      // Whoever was killed may have won without having been able to say so.
      const silent = versions.filter((one) => !winners.has(one))
      const summary = { ...ledger, signers: ledger.signers.size, versions: version, emergency, scale }
      report(`key rotation: ${JSON.stringify(summary)}`)
      expect([...winners.values()].filter(({ length }) => length !== 1)).toEqual([])
      expect(silent.length).toBeLessThanOrEqual(1)
      expect([...winners.keys()].every((one) => one <= version)).toBe(true)
      expect([ledger.emptySets, ledger.sets > rotations]).toEqual([0, true])
      for (const counts of Object.values(ledger.outcomes)) {
        expect(counts.bad).toBe(0)
        expect(counts.good).toBeGreaterThan(ledger.requests / 8)
        expect(counts.unavailable).toBeLessThanOrEqual(ledger.requests / 100)
      }
      expect(ledger.unanswered).toBeLessThanOrEqual(ledger.requests / 100)

      /** Revokes the key that signs, by one replica: no other publishes, finds or signs with it, and everybody goes on. */
      async function revokeInAnEmergency(): Promise<Record<string, number>> {
        const { body } = await askAny('/token')
        const { kid, token } = body as { kid: string; token: string }
        expect(await own.consumer(token)).toBe('good')
        const beganMs = runtime.now()
        expect((await pick().ask(`/revoke?kid=${kid}`)).status).toBe(200)
        await until(async () => {
          const answers = await Promise.all(
            listAlive().map((one) => Promise.all([one.ask('/token'), one.ask('/jwks'), one.ask(`/find?kid=${kid}`)])),
          )
          return answers.every(([signed, set, found]) => {
            const kids = (set.body['keys'] as { kid: string }[] | undefined)?.map((key) => key.kid) ?? [kid]
            return (
              signed.status === 200 &&
              signed.body['kid'] !== kid &&
              !kids.includes(kid) &&
              found.body['found'] === false
            )
          })
        })
        const goneMs = runtime.now() - beganMs
        // A verifier that has the old set goes on believing it for as long as HTTP lets it, and no longer.
        await until(async () => (await own.consumer(token)) === 'bad' || runtime.now() - beganMs > 3_600_000)
        const refusedMs = runtime.now() - beganMs
        expect(refusedMs).toBeLessThan(lifetimeSeconds * 1_000)
        for (let count = 0; count < 20; count++) {
          const { body: next } = await askAny('/token')
          expect(next['kid']).not.toBe(kid)
          await until(async () => (await own.consumer(String(next['token']))) === 'good')
        }
        return { goneSeconds: goneMs / 1_000, refusedSeconds: refusedMs / 1_000 }
      }
    },
  )
})
