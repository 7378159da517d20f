import type { KeysLocation } from '../keys/key-source.js'
import { compileMapping } from '../mapping/compile.js'
import { toGrantRules } from '../mapping/grants.js'
import { isTemplate, parseTemplate } from '../issuers/template.js'
import type { AudienceRule, DpopMode, IssuerRules } from '../rules.js'
import type { ReadAudience } from './audience-kind.js'
import { invalid, quote } from './fail.js'
import { ISSUER_TABLE } from './issuer-table.js'
import type { ReadIssuer } from './issuer-table.js'
import { readTable } from './kinds.js'
import type { ReadOptions } from './tables.js'
import { checkFetchUrl } from './url-kind.js'

/** One issuer, resolved: its rules, and where its keys come from. */
export interface ResolvedIssuer {
  readonly rules: IssuerRules
  readonly location: KeysLocation
  /** Equal for equal options; a mapping function is equal to itself alone. */
  readonly fingerprint: string
}

/**
 * Resolves one entry of `issuers`, or one answer of `resolveIssuer`.
 *
 * @throws ConfigurationError naming the option
 */
export function resolveIssuer(
  entry: string | ReadIssuer,
  option: string,
  verifier: ReadOptions,
  listed: boolean,
): ResolvedIssuer {
  const read = typeof entry === 'string' ? readTable(ISSUER_TABLE, { issuer: entry }, option) : entry
  const name = typeof entry === 'string' ? option : `${option}.issuer`
  const template = isTemplate(read.issuer)
  if (listed) checkName(read.issuer, name)
  if (template) checkTemplate(read, option, name)
  checkLocation(read, option, name, verifier)
  checkProfile(read, option)
  const named = listed && !template
  if (!listed) checkAnswer(read, option)
  const tenant = named ? undefined : toEntryTenant(read, option)
  if (tenant === undefined) checkTenants(read, option, named)
  const inherited = toInherited(verifier)
  const rules: IssuerRules = Object.freeze({
    issuer: read.issuer,
    acceptedIssuers: Object.freeze([read.issuer, ...read.acceptedIssuers]),
    audience: read.audience === undefined ? inherited.audience : toAudienceRule(read.audience, verifier),
    algorithms: read.algorithms === undefined ? inherited.algorithms : new Set(read.algorithms),
    tokenProfile: read.tokenProfile,
    clientIds: read.clientIds ?? NOBODY,
    requiredClaims: read.requiredClaims,
    listed: named,
    map: read.mapping === undefined ? inherited.map : compileMapping(read.mapping),
    mapping: read.mapping,
    grants: read.grants === undefined && named ? inherited.grants : toGrantRules(read.grants, named),
    dpopMode: toDpopMode(read, option, verifier),
    tenant,
  })
  const location = listed || verifier.dangerouslyTrustResolvedHosts ? read.keys : toPublicOnly(read.keys)
  return { rules, location, fingerprint: toFingerprint(read) }
}

/** An application that looks names up in a directory does not know what addresses they will have tomorrow. */
function toPublicOnly(keys: KeysLocation): KeysLocation {
  return keys.kind === 'jwks' ? keys : { ...keys, publicOnly: true }
}

/** What an issuer has of its verifier where it says nothing itself. */
type Inherited = Pick<IssuerRules, 'audience' | 'algorithms' | 'map' | 'grants'>

const NOBODY: readonly string[] = Object.freeze([])
const inheritances = new WeakMap<ReadOptions, Inherited>()

/**
 * One object for all issuers of a verifier: with a compiled mapping each, that of one among ten thousand is never in the
 * processor's cache when it is needed. Sharing took a token among 10,000 issuers from 1.25 times the cost among one to 1.15.
 */
function toInherited(verifier: ReadOptions): Inherited {
  const known = inheritances.get(verifier)
  if (known !== undefined) return known
  const inherited = {
    audience: toAudienceRule(undefined, verifier),
    algorithms: new Set(verifier.algorithms),
    map: compileMapping(undefined),
    grants: toGrantRules(undefined, true),
  }
  inheritances.set(verifier, inherited)
  return inherited
}

/** An issuer's own audience wins; where it names a claim, `aud` must still hold by the verifier's values if it is there. */
function toAudienceRule(own: ReadAudience | undefined, verifier: ReadOptions): AudienceRule {
  const audience = own ?? verifier.audience
  const match = verifier.audienceMatch
  if ('values' in audience) return Object.freeze({ values: audience.values, match, claim: undefined })
  const values = 'values' in verifier.audience ? verifier.audience.values : []
  return Object.freeze({ values, match, claim: { path: audience.claim, oneOf: audience.oneOf } })
}

function toDpopMode({ dpop }: ReadIssuer, option: string, verifier: ReadOptions): DpopMode {
  if (dpop === undefined) return verifier.dpop?.mode ?? 'off'
  if (dpop.mode === 'off' || verifier.dpop !== undefined) return dpop.mode
  const fix = 'Set the verifier\'s "dpop" too: proofs are judged by it.'
  throw invalid({ option: `${option}.dpop.mode`, got: dpop.mode, wants: '"off" where the verifier has no "dpop"', fix })
}

/** An unlisted issuer could name anybody's tenant in a claim, so its tenant is a constant of its entry or nothing. */
function toEntryTenant({ mapping }: ReadIssuer, option: string): string | undefined {
  const tenant = typeof mapping === 'function' ? undefined : mapping?.tenant
  if (tenant === undefined) return undefined
  if ('constant' in tenant && typeof tenant.constant === 'string') return tenant.constant
  const fix =
    'A template has the tenant that its only variable matched; resolveIssuer knows whose entry it answers with.'
  throw invalid({ option: `${option}.mapping.tenant`, got: tenant, wants: '{ constant } or nothing', fix })
}

/** Grants of tenants refuse a token that is of none: where nothing says which one it is of, that is every token. */
function checkTenants({ issuer, grants, mapping }: ReadIssuer, option: string, named: boolean): void {
  if (grants?.tenants === undefined) return
  if (named) {
    if (typeof mapping === 'function' || mapping?.tenant !== undefined) return
    const fix =
      'Say which claim holds the tenant, as in { claim: ["tid"] }: without, no token would pass grants.tenants.'
    throw invalid({ option: `${option}.mapping.tenant`, got: undefined, wants: 'where the tenant comes from', fix })
  }
  if (isTemplate(issuer) && parseTemplate(issuer).names.length === 1) return
  const fix = 'Say whose entry this is, as in { constant: "acme" }: without, no token would pass grants.tenants.'
  throw invalid({ option: `${option}.mapping.tenant`, got: undefined, wants: '{ constant }', fix })
}

/** An answer is about the one name that was asked for: under another nobody would find it. */
function checkAnswer({ acceptedIssuers }: ReadIssuer, option: string): void {
  if (acceptedIssuers.length === 0) return
  const fix = 'It is asked for each name: answer for the other one when it is.'
  const wants = 'nothing in an answer of resolveIssuer'
  throw invalid({ option: `${option}.acceptedIssuers`, got: acceptedIssuers, wants, fix })
}

const DOCUMENT = /\/\.well-known\/(?:openid-configuration|oauth-authorization-server)(?=\/|$)/

/** The URL of a discovery document is a string like any other, but one that no token ever names. */
function checkName(issuer: string, option: string): void {
  if (!DOCUMENT.test(issuer)) return
  const fix = `Give the issuer, ${quote(issuer.replace(DOCUMENT, ''))}: its documents are found from there.`
  throw invalid({ option, got: issuer, wants: 'the exact string of the "iss" claim', fix })
}

function checkTemplate({ issuer, keys, acceptedIssuers }: ReadIssuer, option: string, name: string): void {
  try {
    parseTemplate(issuer)
  } catch (error) {
    const wants = `an issuer template in which ${(error as SyntaxError).message}`
    throw invalid({ option: name, got: issuer, wants, fix: 'As in "https://login.example/{tid}/v2.0".' })
  }
  if (keys.kind === 'discovery') {
    const fix = 'A template has one key set for all its tenants; no URL is built from a token.'
    throw invalid({ option: `${option}.keys`, got: undefined, wants: '{ jwksUri } or { jwks }', fix })
  }
  if (acceptedIssuers.length > 0) {
    const fix = 'List the other name as a template of its own.'
    throw invalid({
      option: `${option}.acceptedIssuers`,
      got: acceptedIssuers,
      wants: 'nothing beside a template',
      fix,
    })
  }
}

function checkLocation({ issuer, keys }: ReadIssuer, option: string, name: string, { network }: ReadOptions): void {
  if (keys.kind === 'jwks-uri') checkFetchUrl(keys.url, `${option}.keys.jwksUri`, network)
  else if (keys.kind === 'discovery' && keys.url !== undefined)
    checkFetchUrl(keys.url, `${option}.keys.discoveryUrl`, network)
  else if (keys.kind === 'discovery') {
    checkFetchUrl(issuer, name, network)
    if (issuer.includes('?')) {
      const wants = 'an issuer URL without a query, to discover from'
      throw invalid({ option: name, got: issuer, wants, fix: 'Give its keys as { jwksUri } or { discoveryUrl }.' })
    }
  }
}

function checkProfile({ tokenProfile, clientIds }: ReadIssuer, option: string): void {
  if (tokenProfile === 'id-token' && clientIds === undefined) {
    const fix = 'List the clients whose ID tokens this API takes: any other client could sign users in here.'
    throw invalid({ option: `${option}.clientIds`, got: undefined, wants: 'a list of client identifiers', fix })
  }
  if (tokenProfile !== 'id-token' && clientIds !== undefined) {
    const fix = 'To pin the client of access tokens, use requiredClaims: [{ claim: ["client_id"], oneOf: [ … ] }].'
    throw invalid({
      option: `${option}.clientIds`,
      got: clientIds,
      wants: 'nothing, unless tokenProfile is "id-token"',
      fix,
    })
  }
}

const functionNumbers = new WeakMap<object, number>()
let functionCount = 0

/**
 * A text that is equal for equal options, or parts of them. A function is equal to itself alone, and what JSON cannot say, such as a
 * bigint in a JWK or a circle, to nothing.
 */
export function toFingerprint(options: ReadIssuer | KeysLocation): string {
  try {
    return JSON.stringify(options, (_, value: unknown) => {
      if (typeof value !== 'function') return value
      const known = functionNumbers.get(value) ?? ++functionCount
      functionNumbers.set(value, known)
      return `function ${known}`
    })
  } catch {
    return `unwritable ${++functionCount}`
  }
}
