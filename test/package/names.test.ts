import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createOutside } from './outside.js'
import { readPacked } from './packed.js'
import type { PackedPackage } from './packed.js'

const packages = await readPacked()
const outside = createOutside(packages)
afterAll(() => outside.remove())

/** The subpaths of a package that are modules. */
function listModules({ manifest }: PackedPackage): string[] {
  return Object.keys(manifest.exports).filter((subpath) => !subpath.endsWith('.json'))
}

const modules = packages.flatMap((entry) => listModules(entry).map((subpath) => path.posix.join(entry.name, subpath)))
const imported = (await outside.evaluate(
  'names.mjs',
  `const names = {}
  for (const at of ${JSON.stringify(modules)}) names[at] = Object.keys(await import(at)).sort()
  console.log(JSON.stringify(names))`,
)) as Record<string, string[]>

/** Names of types that a declaration file exports, from its `export type { … }` lists and its declarations. */
function listTypes(name: string, subpath: string): string[] {
  const found = packages.find((entry) => entry.name === name)
  const target = found?.manifest.exports[subpath]
  if (found === undefined || typeof target !== 'object') throw new Error(`${name} has no ${subpath}`)
  const text = readFileSync(path.join(found.unpacked, target['types'] ?? ''), 'utf8')
  const listed = [...text.matchAll(/export type \{([^}]*)\}/g)].flatMap(([, names = '']) => names.split(','))
  const declared = [...text.matchAll(/^export (?:declare )?(?:type|interface) (\w+)/gm)].map(([, type = '']) => type)
  return [...listed.map((type) => type.trim().split(' as ').at(-1) ?? ''), ...declared].filter(Boolean).toSorted()
}

/** What a package promises by name: for each subpath its values, then its types. */
function listPublicNames(name: string): string {
  const found = packages.find((entry) => entry.name === name)
  const own = found === undefined ? [] : listModules(found)
  return own
    .map((subpath) => {
      const values = imported[path.posix.join(name, subpath)] ?? []
      return [
        `${subpath}`,
        ...values.map((value) => `  ${value}`),
        ...listTypes(name, subpath).map((type) => `  type ${type}`),
      ]
    })
    .flat()
    .join('\n')
}

describe('the public names are part of the promise of a version:', () => {
  it('@countersign/audit', () => {
    expect(listPublicNames('@countersign/audit')).toMatchInlineSnapshot(`
      ".
        AUDIT_REASONS
        OCSF_VERSION
        closeOnSignals
        createAuditTrail
        fileSink
        findInTrail
        otelLogsSink
        pinoSink
        stdoutSink
        tailTrail
        toOCSF
        verifyTrail
        type AuditReason
        type AuditTrail
        type AuditTrailOptions
        type CheckpointAlgorithm
        type CheckpointOptions
        type CheckpointSigner
        type CheckpointSource
        type CloseOnSignalsOptions
        type DenialOptions
        type FileSinkOptions
        type Files
        type FindOptions
        type FingerprintKey
        type OcsfEvent
        type OpenFile
        type OtelLogRecord
        type OtelLogger
        type PinoLogger
        type PrivacyOptions
        type QueueOptions
        type RequiredSinks
        type Retention
        type SinkHealth
        type SinkRole
        type SinkState
        type StreamReport
        type TailOptions
        type TextStream
        type TornEvent
        type TrailEnd
        type TrailGap
        type TrailHealth
        type TrailProblem
        type TrailProblemKind
        type TrailQuery
        type TrailReport
        type TrailSource
        type VerifyOptions"
    `)
  })

  it('@countersign/core', () => {
    expect(listPublicNames('@countersign/core')).toMatchInlineSnapshot(`
      ".
        AuthenticationError
        AuthorizationError
        CHANNELS
        CODES
        ConfigurationError
        CountersignError
        InternalError
        Principal
        REASONS
        TOKEN_TYPES
        UpstreamError
        allOf
        anyOf
        createVerifier
        memoryReplayStore
        memoryRevocationStore
        protectedResourceMetadata
        requireActor
        requireAnyRole
        requireAnyScope
        requireAuthentication
        requireAuthorizationDetails
        requireClaim
        requireGroups
        requireIssuer
        requirePermissions
        requireRoles
        requireScopes
        requireThat
        toAuthRequest
        type Actor
        type ActorRequirement
        type AlgorithmName
        type AnyGuard
        type AsyncGuard
        type Audience
        type AudienceRule
        type AuditEntry
        type AuditEvent
        type AuditHead
        type AuditOutcome
        type AuditParty
        type AuditRecorder
        type AuditSink
        type AuditTokenRef
        type AuditTrailEvent
        type AuditType
        type AuthRequest
        type AuthRequestContext
        type AuthenticationRequirement
        type AuthorizationDetail
        type AuthorizationDetailRequirement
        type CacheStore
        type ChallengeParameters
        type CheckName
        type CheckResult
        type ClaimAudience
        type ClaimPath
        type ClaimPathInput
        type ClaimRule
        type ClaimSource
        type ClaimValue
        type Claims
        type CodeRow
        type ConnectionSocket
        type ConstantSource
        type Cut
        type DefaultClaims
        type DiscoveryEvent
        type DpopMode
        type DpopOptions
        type DropReason
        type ErrorCause
        type ErrorCode
        type ErrorDetail
        type ErrorOptions
        type Explanation
        type FetchRequest
        type GrantRules
        type GrantsOptions
        type Guard
        type HeaderFields
        type HttpHandler
        type HttpPeer
        type IncomingRequest
        type IssuerHealth
        type IssuerOptions
        type IssuerReadiness
        type IssuerRules
        type IssuerSource
        type Jwks
        type KeyCacheOptions
        type KeyCacheRules
        type KeyFamily
        type KeySelector
        type KeySource
        type KeySourceHealth
        type KeysEvent
        type KeysOptions
        type Limits
        type LimitsOptions
        type ListTarget
        type Logger
        type Mapped
        type MappedFields
        type Mapper
        type MappingOptions
        type MappingTargets
        type MemoryReplayOptions
        type MemoryReplayStore
        type MemoryRevocationOptions
        type MemoryRevocationStore
        type NetworkOptions
        type NetworkRules
        type NonceOptions
        type OAuthError
        type Provenance
        type Readiness
        type Reason
        type Register
        type ReplayClaim
        type ReplayStore
        type RequiredClaim
        type ResourceMetadataOptions
        type RevocationQuery
        type RevocationStore
        type Runtime
        type RuntimeFetchInit
        type Scheme
        type SigningKeyStore
        type Source
        type SubjectTokenContext
        type SubjectTokenVerifier
        type TextTarget
        type TokenProfile
        type TokenType
        type TrustedIssuer
        type UpstreamEvent
        type Verdict
        type VerdictEvent
        type VerificationKey
        type Verifier
        type VerifierOptions
        type VerifyOptions
        type VersionedBytes
      ./adapter
        BODY_FIELDS
        authenticateRequest
        callEndpoint
        callSafely
        checkGuard
        findPrincipal
        flag
        getPrincipal
        invalid
        isPending
        list
        listOrNone
        logger
        methods
        number
        oneOf
        optional
        readMiddlewareOptions
        readMountOptions
        readTable
        required
        secret
        silentLogger
        table
        text
        toElapsedMs
        toErrorReply
        toMoment
        toVerifier
        type AuthenticateOptions
        type Clock
        type EndpointCall
        type ErrorBody
        type ErrorReply
        type IncomingStream
        type Kind
        type MiddlewareOptions
        type Moment
        type MountOptions
        type OptionProblem
        type OptionRow
        type OptionTable
        type OutgoingStream
      ./server
        KEY_SOURCE_TABLE
        PROOF_TABLE
        checkFetchUrl
        checkTime
        claimFirstUse
        countCutScopes
        createEndpointProofs
        createKeySource
        createOnceAMinute
        decodeJws
        findClaim
        keys
        readActors
        readDate
        readText
        readTextList
        toCause
        toPlainDetail
        toReplayId
        toThumbprint
        verifySignature
        withDeadline
        type Decoded
        type EndpointProofRules
        type EndpointProofs
        type HttpAllowance
        type KeySourceContext
        type KeysLocation
        type Lifetime
        type Memory
        type ReadProofs
        type TokenHeader
        type Verified
      ./testing
        withPrincipal
        type PrincipalDescription
      ./otel
        instrument
        type InstrumentOptions"
    `)
  })

  it('@countersign/express', () => {
    expect(listPublicNames('@countersign/express')).toMatchInlineSnapshot(`
      ".
        allOf
        anyOf
        countersign
        errorHandler
        findAuth
        getAuth
        mount
        protectedResourceMetadata
        requireActor
        requireAnyRole
        requireAnyScope
        requireAuthentication
        requireAuthorizationDetails
        requireClaim
        requireGroups
        requireIssuer
        requirePermissions
        requireRoles
        requireScopes
        requireThat
        type AsyncGuardHandler
        type ErrorHandler
        type GuardHandler
        type GuardHandlerComposition
        type GuardHandlerFactory
        type Handler
        type MiddlewareOptions
        type MountOptions
        type NextFunction
      ./augment"
    `)
  })

  it('@countersign/fastify', () => {
    expect(listPublicNames('@countersign/fastify')).toMatchInlineSnapshot(`
      ".
        allOf
        anyOf
        authenticate
        countersign
        default
        errorHandler
        findAuth
        getAuth
        mount
        protectedResourceMetadata
        requireActor
        requireAnyRole
        requireAnyScope
        requireAuthentication
        requireAuthorizationDetails
        requireClaim
        requireGroups
        requireIssuer
        requirePermissions
        requireRoles
        requireScopes
        requireThat
        type AsyncGuardHook
        type CountersignOptions
        type ErrorHandler
        type FailedReply
        type FailedRequest
        type GuardHook
        type GuardHookComposition
        type GuardHookFactory
        type Hook
        type HookReply
        type HookRequest
        type MountOptions
        type RouteAuth
        type RouteDefaults
      ./augment"
    `)
  })

  it('@countersign/koa', () => {
    expect(listPublicNames('@countersign/koa')).toMatchInlineSnapshot(`
      ".
        allOf
        anyOf
        countersign
        errorHandler
        findAuth
        getAuth
        mount
        protectedResourceMetadata
        requireActor
        requireAnyRole
        requireAnyScope
        requireAuthentication
        requireAuthorizationDetails
        requireClaim
        requireGroups
        requireIssuer
        requirePermissions
        requireRoles
        requireScopes
        requireThat
        type AsyncGuardMiddleware
        type Context
        type GuardMiddleware
        type GuardMiddlewareComposition
        type GuardMiddlewareFactory
        type Middleware
        type MiddlewareOptions
        type MountOptions
      ./augment"
    `)
  })

  it('@countersign/postgres', () => {
    expect(listPublicNames('@countersign/postgres')).toMatchInlineSnapshot(`
      ".
        migrate
        postgresAuditSink
        postgresKeys
        postgresReplayStore
        readAuditTable
        type MigrateOptions
        type PgClient
        type PostgresAuditOptions
        type PostgresClient
        type PostgresJsClient
        type PostgresKeysOptions
        type PostgresReplayStore
        type PostgresStoreOptions"
    `)
  })

  it('@countersign/redis', () => {
    expect(listPublicNames('@countersign/redis')).toMatchInlineSnapshot(`
      ".
        cacheStore
        redisKeys
        redisRevocations
        replayStore
        type BreakerOptions
        type CacheStoreOptions
        type DegradedEvent
        type DegradedOptions
        type RedisClient
        type RedisKeysOptions
        type RedisReadiness
        type RedisReplayStore
        type RedisRevocationStore
        type RedisRevocationsOptions
        type RedisStoreOptions
        type RedisWarning
        type ReplayStoreOptions"
    `)
  })

  it('@countersign/sts', () => {
    expect(listPublicNames('@countersign/sts')).toMatchInlineSnapshot(`
      ".
        JWKS_MAX_AGE_SECONDS
        STS_REASONS
        TOKEN_ERRORS
        createSigningKeys
        createTokenService
        fileKeys
        localKeyWrapper
        memoryKeys
        type AllowRule
        type ClientAuthenticationMethod
        type ClientAuthenticationOptions
        type ClientOptions
        type ClientTrust
        type Condition
        type DenyRule
        type ExperimentalOptions
        type GrantName
        type KeyWrapper
        type OwnKey
        type PolicyExplanation
        type PolicyQuestion
        type PolicyRule
        type ServiceHealth
        type ServiceReadiness
        type Signer
        type SigningAlgorithm
        type SigningKeyHealth
        type SigningKeyState
        type SigningKeys
        type SigningKeysOptions
        type StsReason
        type SubjectTrust
        type TargetOptions
        type TokenErrorCode
        type TokenErrorRow
        type TokenErrorStatus
        type TokenRevocations
        type TokenService
        type TokenServiceOptions
        type TrustRecord
        type WrapContext"
    `)
  })

  it('@countersign/testing', () => {
    expect(listPublicNames('@countersign/testing')).toMatchInlineSnapshot(`
      ".
        createTestAuthority
        createTestClock
        createTestIssuer
        createTestKey
        testRuntime
        type Clock
        type DiscoveryForm
        type EncodedSigningOptions
        type Endpoint
        type IssuerAnswer
        type IssuerFault
        type IssuerRequest
        type IssuerResponse
        type ListenOptions
        type OutageKind
        type OutageOptions
        type RawToken
        type RefusedAlgorithm
        type RotateOptions
        type RuntimeIssuer
        type ServingOptions
        type SigningOptions
        type StreamedBody
        type TestAlgorithm
        type TestAuthority
        type TestCertificate
        type TestCertificateOptions
        type TestClaims
        type TestClock
        type TestEndpoint
        type TestFetchInit
        type TestIssuer
        type TestIssuerOptions
        type TestKey
        type TestKeyOptions
        type TestRequest
        type TestRuntime
        type TokenOptions
        type UnexpectedRequest"
    `)
  })
})
