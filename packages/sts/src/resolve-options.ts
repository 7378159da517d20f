import type { AuditRecorder, ReplayStore, SubjectTokenVerifier, Verifier } from '@countersign/core'
import {
  invalid,
  list,
  listOrNone,
  methods,
  number,
  optional,
  readTable,
  required,
  table,
} from '@countersign/core/adapter'
import type { Kind, OptionTable } from '@countersign/core/adapter'
import { KEY_SOURCE_TABLE, PROOF_TABLE } from '@countersign/core/server'
import type { KeySourceContext, ReadProofs } from '@countersign/core/server'
import { readClients } from './clients/read-clients.js'
import type { Clients } from './clients/clients.js'
import { checkExperimental } from './experimental/check-experimental.js'
import { readExperimental } from './experimental/read-experimental.js'
import { issuer } from './issuer-kind.js'
import type { SigningKeys } from './keys/signing-keys.js'
import type { TokenRevocations } from './options.js'
import { toPolicy } from './policy/read-policy.js'
import { toTargets } from './policy/targets.js'
import { toTrust } from './policy/trust.js'
import type { ServiceContext } from './service-context.js'
import type { StandingRules } from './subject/standing.js'
import { JWT_TYPES, REFUSED_TYPES } from './subject/token-types.js'

/** A service's options, read and checked. */
export interface ResolvedService {
  readonly service: ServiceContext
  readonly clients: Clients
  readonly proofs: ReadProofs
}

interface ReadService extends KeySourceContext {
  readonly issuer: string
  readonly signingKeys: SigningKeys
  readonly verifier: Verifier<unknown> | undefined
  readonly subjectTokenVerifiers: readonly SubjectTokenVerifier[]
  readonly trust: unknown
  readonly clients: unknown
  readonly targets: unknown
  readonly policy: unknown
  readonly audit: AuditRecorder
  readonly replayStore: ReplayStore
  readonly revocations: TokenRevocations | undefined
  readonly dpop: ReadProofs
  readonly experimental: unknown
  readonly maxActorDepth: number
  readonly minTokenLifetimeSeconds: number
  readonly clockToleranceSeconds: number
}

/** Read by the part that knows what they may name. */
const unread = (wants: string): Kind<unknown> => ({ wants, read: (value) => value })

/** Every option of `createTokenService`. */
export const SERVICE_TABLE: OptionTable<ReadService> = {
  issuer: required(issuer),
  signingKeys: required(
    methods<SigningKeys>('signing keys, as createSigningKeys() makes them', ['findSigner', 'findKey', 'jwks']),
  ),
  verifier: optional(methods<Verifier<unknown>>('a verifier, as createVerifier() makes it', ['verify', 'explain'])),
  subjectTokenVerifiers: optional(
    listOrNone(methods<SubjectTokenVerifier>('a verifier of subject tokens', ['verify']), 'a list of verifiers'),
    [],
  ),
  trust: optional(unread('a list of trust records')),
  clients: required(unread('a list of clients')),
  targets: required(unread('targets by name')),
  policy: required(unread('{ id, rules }')),
  audit: required(methods<AuditRecorder>('a recorder of audit events', ['record', 'fingerprint'])),
  replayStore: required(methods<ReplayStore>('a replay store', ['claim'])),
  revocations: optional(methods<TokenRevocations>('a store of revocations', ['isRevoked', 'revokeToken'])),
  dpop: optional(table(PROOF_TABLE), readTable(PROOF_TABLE, {}, 'dpop')),
  experimental: optional(unread('the drafts that are on')),
  maxActorDepth: optional(number('actors', 1, 20, true), 5),
  minTokenLifetimeSeconds: optional(number('seconds', 1, 300, true), 10),
  clockToleranceSeconds: optional(number('seconds', 0, 60), 5),
  ...KEY_SOURCE_TABLE,
}

/**
 * Reads the options of `createTokenService`, once. Nothing is validated later, and nothing writes to the result.
 *
 * @throws ConfigurationError `ERR_CONFIG_MISSING`, `ERR_CONFIG_INVALID`, `ERR_CONFIG_UNKNOWN`
 */
export function resolveOptions(options: unknown): ResolvedService {
  const read = readTable(SERVICE_TABLE, options, '')
  checkScheme(read)
  const { verifier, signingKeys, replayStore, revocations, audit } = read
  const experimental = readExperimental(read.experimental, read.issuer, read)
  const hasOtherVerifiers = read.subjectTokenVerifiers.length > 0 || experimental.idJagIssuers.size > 0
  const trust = toTrust(read.trust, { issuer: read.issuer, verifier, hasOtherVerifiers })
  const isClientIssuer = (name: string): boolean => trust.isClientIssuer(name)
  const clients = readClients(read.clients, { verifier, isClientIssuer, keySource: read })
  const targets = toTargets(read.targets, signingKeys, experimental)
  const { registrations } = clients
  checkExperimental(experimental, { clients: registrations, targets, trust })
  const policy = toPolicy(read.policy, { issuer: read.issuer, clients: registrations, targets, trust })
  const service: ServiceContext = Object.freeze({
    issuer: read.issuer,
    signingKeys,
    verifier,
    subjectTokenVerifiers: toVerifierMap(read.subjectTokenVerifiers),
    clients: registrations,
    trust,
    targets,
    policy,
    audit,
    replayStore,
    revocations,
    maxActorDepth: read.maxActorDepth,
    minTokenLifetimeSeconds: read.minTokenLifetimeSeconds,
    clockToleranceSeconds: read.clockToleranceSeconds,
    foreignStanding: toForeignStanding(read),
    experimental,
    logger: read.logger,
    runtime: read.runtime,
  })
  return { service, clients, proofs: read.dpop }
}

/** RFC 8414 section 2: https. On one machine, and only where it is said, plain http to a loopback address. */
function checkScheme({ issuer: name, network }: ReadService): void {
  const { protocol, hostname } = new URL(name)
  if (protocol === 'https:') return
  const isLoopback = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
  if (isLoopback && network.allowInsecureLoopback) return
  const fix = isLoopback
    ? 'For a service on this machine set network.allowInsecureLoopback.'
    : 'Whoever is on the path would read every token.'
  throw invalid({ option: 'issuer', got: name, wants: 'an https URL', fix })
}

/** Whoever verifies a token, no clock may be further ahead than the more patient of the two bears. */
function toForeignStanding({ verifier, revocations, clockToleranceSeconds }: ReadService): StandingRules {
  const borne = verifier?.explain()['clockToleranceSeconds']
  const seconds = typeof borne === 'number' ? borne : 0
  return Object.freeze({ revocations, clockToleranceSeconds: Math.max(clockToleranceSeconds, seconds) })
}

const tokenTypes = list(unread('a URN'), 'the URNs of token types')

function toVerifierMap(verifiers: readonly SubjectTokenVerifier[]): ReadonlyMap<string, SubjectTokenVerifier> {
  const found = new Map<string, SubjectTokenVerifier>()
  verifiers.forEach((verifier, index) => {
    const option = `subjectTokenVerifiers[${index}].tokenTypes`
    for (const type of tokenTypes.read(verifier.tokenTypes, option)) {
      const name = String(type)
      if (JWT_TYPES.has(name) || REFUSED_TYPES.has(name)) {
        const wants = 'a token type that is no JWT, and proves something'
        throw invalid({ option, got: name, wants, fix: 'JWTs are for "verifier", by who signed them.' })
      }
      const fix = 'Which of the two would judge it?'
      if (found.has(name)) throw invalid({ option, got: name, wants: 'a token type that no other verifier takes', fix })
      found.set(name, verifier)
    }
  })
  return found
}
