import { createVerifier } from './create-verifier.js'
import { attachPrincipal } from './http/attachment.js'
import { invalid, unknownOption } from './options/fail.js'
import { Principal } from './principal.js'
import type { DefaultClaims, Scheme, Verdict } from './principal.js'
import { isTextList } from './steps/claim-types.js'
import type { Verifier } from './verifier.js'

/**
 * Who a test signs in: any members of a principal. What is left out is an ordinary user of an ordinary client who may
 * do nothing: no scope, no role, no permission, no group.
 */
export type PrincipalDescription<C = DefaultClaims> = {
  readonly [K in keyof Omit<Verdict<C>, 'cut'>]?: Verdict<C>[K] | undefined
} & {
  readonly scheme?: Scheme | undefined
  /** What `principal.token` gives; a stand-in that no issuer signed by default. */
  readonly token?: string | undefined
}

/**
 * Signs somebody in to a request, as the middleware would have done: for tests of handlers and guards, without a token.
 * Takes Express's `req`, Fastify's `request` or its `raw`, Koa's `ctx` or its `req`, or any object that stands in for
 * one of them; gives the same object back. A later call on the same request replaces the principal.
 *
 * Times are in seconds since the epoch; the principal expires in five minutes where `expiresAtSeconds` is left out.
 * Where `payload` is left out it is made up from the other members, `claims` among them; where `claims` is left out it is
 * the payload. For `getAuth(request, verifier)` pass that verifier: `claims` then has its type, but no schema sees it.
 *
 * Not checked: anything that a verifier would. Never import this into an application.
 *
 * @throws ConfigurationError for a member that a principal does not have, and for lists that are none
 */
export function withPrincipal<R extends object, C = DefaultClaims>(
  request: R,
  description: PrincipalDescription<C> = {},
  verifier?: Verifier<C>,
): R {
  const principal = toPrincipal(description)
  attachPrincipal(toRaw(request), verifier ?? standIn<C>(), principal)
  Reflect.set(toShowcase(request), 'auth', principal)
  return request
}

const LIFETIME_SECONDS = 300

const LISTS = ['audience', 'scopes', 'roles', 'permissions', 'groups', 'amr', 'actorHistory'] as const

type Members<C> = Verdict<C> & { readonly scheme: Scheme; readonly token: string }

function toPrincipal<C>(description: PrincipalDescription<C>): Principal<C> {
  const defaults: { readonly [K in keyof Members<C>]: Members<C>[K] | undefined } = {
    issuer: 'https://login.example',
    subject: 'user-1',
    clientId: 'client-1',
    audience: ['https://api.example.com'],
    scopes: [],
    roles: [],
    permissions: [],
    groups: [],
    tenant: undefined,
    actor: undefined,
    actorHistory: [],
    authenticatedAtSeconds: undefined,
    acr: undefined,
    amr: [],
    expiresAtSeconds: Math.floor(Date.now() / 1_000) + LIFETIME_SECONDS,
    claims: undefined,
    attributes: {},
    confirmation: undefined,
    header: { alg: 'ES256', typ: 'at+jwt' },
    payload: undefined,
    scheme: 'Bearer',
    token: 'a-token-that-nobody-signed',
  }
  checkDescription(description, Object.keys(defaults))
  const given = Object.fromEntries(Object.entries(description).filter(([, value]) => value !== undefined))
  const { scheme, token, ...members } = { ...defaults, ...given } as Members<C>
  const payload = freezeCopy(members.payload ?? toPayload(members))
  const lists = Object.fromEntries(LISTS.map((name) => [name, freezeCopy(members[name])]))
  const verdict = { ...members, ...lists, payload, claims: freezeCopy(members.claims ?? (payload as C)) }
  return new Principal<C>(Object.freeze(verdict), token, scheme)
}

/** Wire names, as a token of RFC 9068 would have them, beside the claims that the application's schema knows. */
function toPayload(members: Verdict): Verdict['payload'] {
  const { claims, issuer, subject, clientId, audience, scopes, roles, permissions, groups, acr, amr, actor } = members
  const lists = Object.entries({ roles, permissions, groups, amr }).filter(([, list]) => list.length > 0)
  const payload = {
    ...(typeof claims === 'object' && claims),
    iss: issuer,
    sub: subject,
    client_id: clientId,
    aud: audience,
    exp: members.expiresAtSeconds,
    auth_time: members.authenticatedAtSeconds,
    scope: scopes.length > 0 ? scopes.join(' ') : undefined,
    ...Object.fromEntries(lists),
    acr,
    act: actor && { iss: actor.issuer, sub: actor.subject, client_id: actor.clientId },
    cnf: members.confirmation,
  }
  return Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined))
}

/** Frozen as in production, without freezing what belongs to the test. Instances of classes are their author's to protect. */
function freezeCopy<T>(value: T): T {
  if (Array.isArray(value)) return Object.freeze([...(value as unknown[])]) as T
  const isPlain = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  return isPlain ? Object.freeze({ ...value }) : value
}

/** A misspelt member would leave a test that denies for another reason than the one it is about. */
function checkDescription(description: object, known: readonly string[]): void {
  for (const [name, value] of Object.entries(description)) {
    const option = `withPrincipal.${name}`
    if (!known.includes(name)) throw unknownOption(option, name, known)
    if (value === undefined || !LISTS.some((list) => list === name)) continue
    if (name === 'actorHistory' ? Array.isArray(value) : isTextList(value)) continue
    throw invalid({ option, got: value, wants: 'a list', fix: 'As in { scopes: ["orders:read"] }.' })
  }
}

/** What guards and `getAuth` key on: Node's own request, beneath Fastify's `request` and Koa's `ctx`. */
function toRaw(request: object): object {
  if ('rawHeaders' in request) return request
  const { raw, req } = request as { readonly raw?: unknown; readonly req?: unknown }
  if (typeof raw === 'object' && raw !== null) return raw
  return typeof req === 'object' && req !== null ? req : request
}

/** Where the middleware shows the principal: Koa's `ctx.state`, elsewhere the request itself. */
function toShowcase(request: object): object {
  const { state } = request as { readonly state?: unknown }
  return 'req' in request && typeof state === 'object' && state !== null ? state : request
}

let standInVerifier: Verifier<unknown> | undefined

/** Judges nothing; it words the refusals of guards as a verifier with default options does. */
function standIn<C>(): Verifier<C> {
  standInVerifier ??= createVerifier<unknown>({
    audience: 'https://api.example.com',
    issuers: ['https://login.example'],
  })
  return standInVerifier as Verifier<C>
}
