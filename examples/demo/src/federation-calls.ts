import { randomUUID } from 'node:crypto'
import { toAnswer } from './calls.js'
import type { Outcome, Result } from './calls.js'
import type { OpenIdProvider } from './providers.js'
import { ORDERS } from './token-service.js'
import type { Federation } from './token-service.js'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** One step of a scene: who is asked, by which request, and what must come of it. */
interface Step {
  readonly whom: string
  readonly name: string
  readonly expected: Outcome
}

interface Told {
  readonly for?: { readonly sub: string }
  readonly actor?: { readonly subject: string }
  readonly client?: string
  readonly scopes?: readonly string[]
  readonly access_token?: string
  readonly error?: string
}

/** Plays a scene step by step; later steps use what earlier ones obtained. */
function createScene({ readLast }: Federation) {
  const results: Result[] = []
  return {
    results,
    async play({ whom, name, expected }: Step, url: string, init: RequestInit): Promise<string> {
      const response = await fetch(url, init)
      const body = (await response.json()) as Told
      const answer =
        body.error === undefined || whom !== 'tokens' ? toAnswer(response) : `${response.status} ${body.error}`
      const got = { answer, why: toText(body) ?? readLast() ?? '' }
      readLast()
      const matched = got.answer === expected.answer && got.why === expected.why
      results.push({ framework: whom, call: { name, expected }, got, matched })
      return body.access_token ?? ''
    },
  }
}

/** Who is calling, and for whom, as the API answered it. */
function toText({ for: subject, actor, client, scopes = [] }: Told): string | undefined {
  if (subject !== undefined) return `${subject.sub}, through ${actor?.subject} (${scopes.join(' ')})`
  return client === undefined ? undefined : `${client} (${scopes.join(' ')})`
}

/** Alice calls orders, and orders calls billing for her, with the token that is returned too. */
export async function playDelegation(
  federation: Federation,
  users: OpenIdProvider,
): Promise<{ readonly results: readonly Result[]; readonly token: string }> {
  const { issuer, billing } = federation
  const scene = createScene(federation)
  const nowSeconds = Math.floor(Date.now() / 1000)
  const alice = await users.forgeToken({
    iss: users.issuer,
    sub: 'alice',
    client_id: 'web',
    aud: ORDERS,
    scope: 'orders:read',
    iat: nowSeconds,
    exp: nowSeconds + 300,
    jti: randomUUID(),
  })
  const exchange = (client: string, more: Record<string, string> = {}): RequestInit => ({
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${client}:${federation.secret}`)}` },
    body: new URLSearchParams({
      grant_type: EXCHANGE,
      subject_token: alice,
      subject_token_type: JWT,
      audience: 'billing',
      ...more,
    }),
  })
  const decided = { answer: '200', why: 'by the rule orders-to-billing' }
  const token = await scene.play(
    { whom: 'tokens', name: "orders exchanges alice's token", expected: decided },
    `${issuer}/token`,
    exchange('orders'),
  )
  await scene.play(
    {
      whom: 'tokens',
      name: 'orders asks for more than she has',
      expected: { answer: '400 invalid_scope', why: 'ERR_STS_SCOPE_FORBIDDEN' },
    },
    `${issuer}/token`,
    exchange('orders', { scope: 'invoice:write' }),
  )
  await scene.play(
    {
      whom: 'tokens',
      name: 'another client found her token',
      expected: { answer: '400 invalid_request', why: 'ERR_TOKEN_AUDIENCE' },
    },
    `${issuer}/token`,
    exchange('reports'),
  )
  await scene.play(
    {
      whom: 'billing',
      name: 'orders calls for alice',
      expected: { answer: '200', why: 'alice, through orders (invoice:read)' },
    },
    `${billing}/invoices`,
    bearing(token),
  )
  await scene.play(
    {
      whom: 'billing',
      name: 'with the token she gave orders',
      expected: { answer: '401 invalid_token', why: 'ERR_ISSUER_UNTRUSTED' },
    },
    `${billing}/invoices`,
    bearing(alice),
  )
  return { results: scene.results, token }
}

/** A job of a CI platform deploys, and has no secret. */
export async function playDeployment(federation: Federation): Promise<readonly Result[]> {
  const { issuer, billing, production } = federation
  const scene = createScene(federation)
  const obtain = async (branch: string): Promise<RequestInit> => ({
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: JWT_BEARER,
      client_assertion: await federation.signJobToken(branch),
      audience: 'production',
    }),
  })
  const token = await scene.play(
    {
      whom: 'tokens',
      name: 'a job of the main branch',
      expected: { answer: '200', why: 'by the rule main-to-production' },
    },
    `${issuer}/token`,
    await obtain('main'),
  )
  await scene.play(
    {
      whom: 'tokens',
      name: 'a job of another branch',
      expected: { answer: '401 invalid_client', why: 'ERR_STS_CLIENT_UNKNOWN' },
    },
    `${issuer}/token`,
    await obtain('mine'),
  )
  await scene.play(
    {
      whom: 'production',
      name: 'the first one deploys',
      expected: { answer: '201', why: 'deploy-shop (deploy)' },
    },
    `${production}/deployments`,
    { method: 'POST', ...bearing(token) },
  )
  await scene.play(
    {
      whom: 'billing',
      name: 'and cannot read invoices',
      expected: { answer: '401 invalid_token', why: 'ERR_TOKEN_AUDIENCE' },
    },
    `${billing}/invoices`,
    bearing(token),
  )
  return scene.results
}

function bearing(token: string): RequestInit {
  return { headers: { authorization: `Bearer ${token}` } }
}
