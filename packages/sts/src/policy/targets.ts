import {
  invalid,
  list,
  listOrNone,
  number,
  oneOf,
  optional,
  readTable,
  required,
  text,
} from '@countersign/core/adapter'
import type { Kind, OptionTable } from '@countersign/core/adapter'
import type { Experimental } from '../experimental/experimental.js'
import type { SigningAlgorithm, SigningKeys } from '../keys/signing-keys.js'
import type { TokenFormName } from '../tokens/forms.js'
import { RESERVED_CLAIMS } from './reserved-claims.js'

/** What a target is: an API that takes access tokens, or a token service of another domain that takes grants. */
export type TargetKind = 'api' | 'authorization-server'

/** A target as it was registered, its defaults filled in. */
export interface Target {
  readonly name: string
  readonly kind: TargetKind
  /** The one `aud` of its tokens. */
  readonly audience: string
  readonly resources: readonly string[]
  readonly scopes: readonly string[]
  readonly tokenLifetimeSeconds: number
  readonly algorithm: SigningAlgorithm
  readonly subject: 'pairwise' | 'same'
  readonly claims: readonly string[]
  /** What its tokens may be made as, the usual form first. */
  readonly forms: readonly TokenFormName[]
}

/** The targets of one service. What is not registered does not exist. */
export interface Targets {
  readonly all: readonly Target[]
  /** By a value of `audience` or `resource`, compared exactly. */
  find(value: string): Target | undefined
}

/** What targets have to agree with. */
type KeyRules = Pick<SigningKeys, 'algorithms' | 'maxTokenLifetimeSeconds'>

const NOTHING = { idJagClientIds: new Map<string, never>(), trustDomains: new Map<string, never>() }

interface ReadTarget {
  readonly kind: TargetKind
  readonly audience: string
  readonly resources: readonly string[]
  readonly scopes: readonly string[]
  readonly tokenLifetimeSeconds: number | undefined
  readonly algorithm: SigningAlgorithm | undefined
  readonly subject: 'pairwise' | 'same'
  readonly claims: readonly string[]
}

/** RFC 6749 section 3.3. */
const scope: Kind<string> = {
  wants: 'a scope: printable ASCII without spaces, quotes and backslashes',
  read(value, option) {
    if (typeof value === 'string' && /^[\x21\x23-\x5B\x5D-\x7E]{1,256}$/.test(value)) return value
    throw invalid({ option, got: value, wants: this.wants, fix: 'One entry is one scope.' })
  },
}

const claim: Kind<string> = {
  wants: 'the name of a mapped claim',
  read(value, option) {
    const name = text(this.wants, 128).read(value, option)
    if (!RESERVED_CLAIMS.has(name)) return name
    const fix = 'The service alone says this of a token.'
    throw invalid({ option, got: name, wants: 'a claim that has no meaning of its own', fix })
  },
}

/** RFC 8707 section 2. */
const resource: Kind<string> = {
  wants: 'an absolute URI without a fragment',
  read(value, option) {
    if (typeof value === 'string' && isResource(value)) return value
    throw invalid({ option, got: value, wants: this.wants, fix: 'As in "https://billing.example/api".' })
  },
}

/** Every option of a target. */
export const TARGET_TABLE: OptionTable<ReadTarget> = {
  kind: optional(oneOf<TargetKind>(['api', 'authorization-server']), 'api'),
  audience: required(text('the audience of its tokens')),
  resources: optional(listOrNone(resource, 'a list of resource URIs'), []),
  scopes: required(list(scope, 'every scope that it knows')),
  tokenLifetimeSeconds: optional(number('seconds', 10, 3_600, true)),
  algorithm: optional(oneOf<SigningAlgorithm>(['ES256', 'ES384', 'Ed25519', 'RS256', 'PS256'])),
  subject: optional(oneOf(['pairwise', 'same']), 'pairwise'),
  claims: optional(listOrNone(claim, 'names of mapped claims'), []),
}

/** An access token: long enough to be of use, short enough to go without being revoked. */
const TOKEN_LIFETIME_SECONDS = 300
/** A grant is redeemed at once, and a stolen one is worth a token of another domain. */
const GRANT_LIFETIME_SECONDS = 60
const MAX_GRANT_LIFETIME_SECONDS = 300

/**
 * Reads the targets.
 *
 * @param keys what the service signs with: the first algorithm, where a target does not say
 * @throws ConfigurationError also where one name, audience or resource could mean two targets (RFC 8693 section 2.1), and where
 *   tokens could outlive their key in the key set
 */
export function toTargets(
  options: unknown,
  keys: KeyRules,
  experimental: Pick<Experimental, 'idJagClientIds' | 'trustDomains'> = NOTHING,
): Targets {
  if (typeof options !== 'object' || options === null || Array.isArray(options) || Object.keys(options).length === 0) {
    const fix = 'As in { billing: { audience: "https://billing.example", scopes: ["invoice:read"] } }.'
    throw invalid({ option: 'targets', got: options, wants: 'targets by name, one or more', fix })
  }
  const all = Object.entries(options).map(([name, target]) => toTarget(name, target, keys, experimental))
  const byValue = new Map<string, Target>()
  for (const target of all) {
    for (const value of new Set([target.name, target.audience, ...target.resources])) {
      const other = byValue.get(value)
      if (other !== undefined) {
        const fix = `It already means "${other.name}".`
        throw invalid({ option: `targets.${target.name}`, got: value, wants: 'a name of its own', fix })
      }
      byValue.set(value, target)
    }
  }
  return Object.freeze({ all: Object.freeze(all), find: (value: string) => byValue.get(value) })
}

/** Whether a text may stand in `resource`: an absolute URI without a fragment. RFC 8707 section 2. */
export function isResource(value: string): boolean {
  return value.length <= 2_048 && /^[a-z][a-z0-9+.-]*:[\x21-\x7E]+$/i.test(value) && !value.includes('#')
}

function toTarget(
  name: string,
  options: unknown,
  { algorithms, maxTokenLifetimeSeconds }: KeyRules,
  experimental: Pick<Experimental, 'idJagClientIds' | 'trustDomains'>,
): Target {
  const option = `targets.${name}`
  const read = readTable(TARGET_TABLE, options, option)
  const isGrant = read.kind === 'authorization-server'
  const tokenLifetimeSeconds = read.tokenLifetimeSeconds ?? (isGrant ? GRANT_LIFETIME_SECONDS : TOKEN_LIFETIME_SECONDS)
  if (isGrant && tokenLifetimeSeconds > MAX_GRANT_LIFETIME_SECONDS) {
    const wants = `at most ${MAX_GRANT_LIFETIME_SECONDS} seconds for an authorization server`
    const fix = 'A grant is redeemed once, and at once.'
    throw invalid({ option: `${option}.tokenLifetimeSeconds`, got: tokenLifetimeSeconds, wants, fix })
  }
  // A verifier that meets the token after the rotation would no longer find its key.
  if (!(tokenLifetimeSeconds <= maxTokenLifetimeSeconds)) {
    const wants = `at most the ${maxTokenLifetimeSeconds} seconds that the signing keys are made for`
    const fix = 'Or raise maxTokenLifetimeSeconds of createSigningKeys().'
    throw invalid({ option: `${option}.tokenLifetimeSeconds`, got: tokenLifetimeSeconds, wants, fix })
  }
  const algorithm = read.algorithm ?? algorithms[0]
  if (algorithm === undefined || !algorithms.includes(algorithm)) {
    const wants = `an algorithm of the signing keys: ${algorithms.join(', ')}`
    throw invalid({ option: `${option}.algorithm`, got: algorithm, wants, fix: 'Or give the signing keys one more.' })
  }
  return Object.freeze({
    ...read,
    name,
    tokenLifetimeSeconds,
    algorithm,
    forms: toForms(name, read.kind, experimental),
  })
}

/** A trust domain is given nothing else: an access token for it would be a transaction token without a transaction. */
function toForms(
  name: string,
  kind: TargetKind,
  { idJagClientIds, trustDomains }: Pick<Experimental, 'idJagClientIds' | 'trustDomains'>,
): readonly TokenFormName[] {
  if (kind === 'authorization-server') return idJagClientIds.has(name) ? ['grant', 'id-jag'] : ['grant']
  return trustDomains.has(name) ? ['txn-token'] : ['access-token']
}
