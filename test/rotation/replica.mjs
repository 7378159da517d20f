// One replica of a token service, down to its signing keys: gives its key set, a fresh token, and says which keys it knows.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { redisKeys } from '@countersign/redis'
import { createSigningKeys, localKeyWrapper } from '@countersign/sts'
import { createClient } from '@redis/client'
import { SignJWT } from 'jose'

/**
 * What the test decides: times in milliseconds of the scaled clock, but for `refreshMs`, which is a timer.
 * @typedef {{ url: string, secret: string, startMs: number, scale: number, issuer: string, audience: string,
 *   lifetimeSeconds: number, pendingMs: number, activeMs: number, retiringMs: number, refreshMs: number }} Plan
 */
/** @type {Plan} */
const plan = JSON.parse(process.argv[2] ?? '{}')
const runtime = {
  now: () => plan.startMs + (Date.now() - plan.startMs) * plan.scale,
  monotonicNow: () => performance.now() * plan.scale,
}

// Ends with the test, however that ends.
process.stdin.resume().on('end', () => process.exit())

const client = createClient({ url: plan.url, disableOfflineQueue: true })
client.on('error', () => {})
await client.connect()
const store = redisKeys(client, { deadlineMs: 1_000 })
const keys = createSigningKeys({
  store: {
    read: () => store.read(),
    async compareAndSet(expected, next) {
      const isWritten = await store.compareAndSet(expected, next)
      if (isWritten) process.stdout.write(`won ${next.version}\n`)
      return isWritten
    },
  },
  wrapper: localKeyWrapper([plan.secret]),
  pendingMs: plan.pendingMs,
  activeMs: plan.activeMs,
  retiringMs: plan.retiringMs,
  maxTokenLifetimeSeconds: plan.lifetimeSeconds,
  refreshMs: plan.refreshMs,
  runtime,
})
await keys.ready()

async function sign() {
  const { kid, privateKey } = await keys.findSigner('ES256')
  const iat = Math.floor(runtime.now() / 1_000)
  const { issuer: iss, audience: aud, lifetimeSeconds } = plan
  const exp = iat + lifetimeSeconds
  const claims = { iss, aud, sub: 'somebody', client_id: 'somebody', jti: randomUUID(), iat, exp }
  return {
    kid,
    exp,
    token: await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid }).sign(privateKey),
  }
}

/** @type {Record<string, (kid: string) => Promise<unknown>>} */
const routes = {
  '/jwks': () => keys.jwks(),
  '/token': sign,
  '/find': async (kid) => ({ found: (await keys.findKey(kid)) !== undefined }),
  '/health': async () => keys.health(),
  '/revoke': async (kid) => {
    await keys.revoke(kid)
    return {}
  },
}

const server = createServer((req, res) => {
  const { pathname, searchParams } = new URL(req.url ?? '', 'http://replica')
  const route = routes[pathname] ?? (async () => ({}))
  route(searchParams.get('kid') ?? '').then(
    (body) => {
      const headers = { 'Content-Type': 'application/jwk-set+json', 'Cache-Control': 'public, max-age=300' }
      res.writeHead(200, headers).end(JSON.stringify(body))
    },
    (error) => res.writeHead(error.status ?? 500, error.headers).end(JSON.stringify(error.detail ?? String(error))),
  )
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object') process.stdout.write(`port ${address?.port}\n`)
})
