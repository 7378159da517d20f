import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expressHosts } from '../contract/hosts/express.js'
import { fastifyHost } from '../contract/hosts/fastify.js'
import type { RunningHost } from '../contract/hosts/host.js'
import { koaHosts } from '../contract/hosts/koa.js'
import { createWorld } from '../contract/world.js'
import { INVALID_REQUEST, INVALID_TOKEN } from './attack.js'
import type { ForgedRequest, ForgedToken } from './attack.js'
import { attacks } from './attacks.js'
import { createVictim } from './victim.js'

const victim = await createVictim()
const world = await createWorld()
afterAll(async () => {
  await victim.close()
  await world.close()
})

const forged = await Promise.all(
  attacks.map(async ({ title, tokens, requests }) => {
    const sent = ((await tokens?.(victim)) ?? []).flatMap(toRequest)
    return [title, [...sent, ...((await requests?.(victim)) ?? [])]] as const
  }),
)

/**
 * A forged token as a request. What HTTP has no way to carry stays away: it was tried on the core. What is no `b64token`
 * (RFC 6750 section 2.1) is refused as a request, before anything looks at it as a token.
 */
function toRequest({ name, token }: ForgedToken): readonly ForgedRequest[] {
  if (!/^[\x21-\x7e\x80-\xff]+$/.test(token) || token.length > 14_000) return []
  const isToken = /^[A-Za-z0-9\-._~+/]+=*$/.test(token)
  return [
    {
      name,
      request: { fields: [['Authorization', `Bearer ${token}`]] },
      status: [isToken ? 401 : 400],
      challenge: isToken ? INVALID_TOKEN : INVALID_REQUEST,
    },
  ]
}

describe.each([...expressHosts, fastifyHost, ...koaHosts])('$name', ({ name: framework, start }) => {
  const lost: unknown[] = []
  const remember = (reason: unknown): void => void lost.push(reason)
  let host: RunningHost
  beforeAll(async () => {
    process.on('unhandledRejection', remember)
    host = await start({ ...world, api: victim.verifier }, 'default')
  })
  afterAll(async () => {
    process.off('unhandledRejection', remember)
    await host.close()
  })

  it.each(forged.filter(([, requests]) => requests.length > 0))('%s', async (_, requests) => {
    const found: Record<string, unknown> = {}
    const wanted: Record<string, unknown> = {}
    for (const { name, request, challenge, behind = '', ...allowed } of requests) {
      const status = allowed.statusOn?.[framework] ?? allowed.status
      const answer = await host.send({ method: 'GET', path: '/me', fields: [], ...request })
      const {
        'www-authenticate': challenges,
        'set-cookie': cookies,
        'x-injected': injected,
        'cache-control': cache,
      } = answer.fields
      const inside = answer.body.split('"subject":').length - 1
      found[name] = {
        status: answer.status,
        injected: [cookies, injected],
        inside,
        behind: answer.body.includes(behind),
        ...(challenge !== undefined && { challenges, cache }),
      }
      wanted[name] = {
        status: status.includes(answer.status) ? answer.status : status,
        injected: [undefined, undefined],
        inside: answer.status === 200 ? 1 : 0,
        behind: true,
        ...(challenge !== undefined && { challenges: [challenge], cache: ['no-store'] }),
      }
    }
    expect(found).toEqual(wanted)
  })

  it('lets a good token in as before, lost no rejection, and the canary was silent', async () => {
    const fields = [['Authorization', `Bearer ${await victim.token()}`]] as const
    expect((await host.send({ method: 'GET', path: '/me', fields })).status).toBe(200)
    expect([lost, victim.canary.calls]).toEqual([[], []])
  })
})
