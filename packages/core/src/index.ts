export type { Actor } from './actor.js'
export type { AlgorithmName, KeyFamily } from './algorithms.js'
export type {
  AuditEntry,
  AuditEvent,
  AuditHead,
  AuditOutcome,
  AuditParty,
  AuditTokenRef,
  AuditType,
} from './audit-event.js'
export { toAuthRequest } from './auth-request.js'
export type {
  AuthRequest,
  AuthRequestContext,
  ConnectionSocket,
  FetchRequest,
  HeaderFields,
  IncomingRequest,
} from './auth-request.js'
export type { ClaimPath, ClaimPathInput } from './claim-path.js'
export { createVerifier } from './create-verifier.js'
export { CHANNELS } from './diagnostics.js'
export type {
  AuditTrailEvent,
  DiscoveryEvent,
  DropReason,
  KeysEvent,
  UpstreamEvent,
  VerdictEvent,
} from './diagnostics.js'
export type { CodeRow, ErrorCode, OAuthError, Reason } from './error-table.js'
export { CODES, REASONS } from './error-table.js'
export {
  AuthenticationError,
  AuthorizationError,
  ConfigurationError,
  CountersignError,
  InternalError,
  UpstreamError,
} from './errors.js'
export type { ChallengeParameters, ErrorCause, ErrorDetail, ErrorOptions } from './errors.js'
export { requireActor } from './guards/actor.js'
export type { ActorRequirement } from './guards/actor.js'
export { requireAuthentication } from './guards/authentication.js'
export type { AuthenticationRequirement } from './guards/authentication.js'
export { requireAuthorizationDetails } from './guards/authorization-details.js'
export type { AuthorizationDetail, AuthorizationDetailRequirement } from './guards/authorization-details.js'
export { requireClaim } from './guards/claim.js'
export type { ClaimValue } from './guards/claim.js'
export type { CheckName, CheckResult, Explanation } from './explain-token.js'
export { allOf, anyOf } from './guards/compose.js'
export type { AnyGuard, AsyncGuard, Guard } from './guards/guard.js'
export { requireAnyRole, requireGroups, requireIssuer, requirePermissions, requireRoles } from './guards/names.js'
export { requireAnyScope, requireScopes } from './guards/scopes.js'
export { requireThat } from './guards/that.js'
export { protectedResourceMetadata } from './http/resource-metadata.js'
export type { ResourceMetadataOptions } from './http/resource-metadata.js'
export type {
  Audience,
  DpopOptions,
  NonceOptions,
  ClaimAudience,
  IssuerOptions,
  Jwks,
  KeyCacheOptions,
  KeysOptions,
  LimitsOptions,
  NetworkOptions,
  RequiredClaim,
  VerifierOptions,
} from './options/options.js'
export type { IssuerSource, TrustedIssuer } from './issuers/trusted-issuer.js'
export type { Cut } from './principal.js'
export type { GrantRules, Mapped, Mapper } from './mapping/mapped.js'
export type {
  ClaimSource,
  ConstantSource,
  GrantsOptions,
  ListTarget,
  MappedFields,
  MappingOptions,
  MappingTargets,
  Source,
  TextTarget,
} from './options/mapping-options.js'
export type { Provenance } from './mapping/provenance.js'
export { memoryReplayStore } from './stores/memory-replay-store.js'
export type { MemoryReplayOptions, MemoryReplayStore } from './stores/memory-replay-store.js'
export { memoryRevocationStore } from './stores/memory-revocation-store.js'
export type { MemoryRevocationOptions, MemoryRevocationStore } from './stores/memory-revocation-store.js'
export type {
  AuditRecorder,
  AuditSink,
  CacheStore,
  HttpHandler,
  HttpPeer,
  ReplayClaim,
  ReplayStore,
  RevocationQuery,
  RevocationStore,
  KeySelector,
  KeySource,
  KeySourceHealth,
  SigningKeyStore,
  SubjectTokenContext,
  SubjectTokenVerifier,
  VerificationKey,
  VersionedBytes,
} from './ports.js'
export { Principal } from './principal.js'
export type { Claims, DefaultClaims, Register, Scheme, Verdict } from './principal.js'
export type {
  AudienceRule,
  ClaimRule,
  DpopMode,
  IssuerRules,
  KeyCacheRules,
  Limits,
  NetworkRules,
  TokenProfile,
} from './rules.js'
export type { Logger, Runtime, RuntimeFetchInit } from './runtime.js'
export { TOKEN_TYPES } from './token-types.js'
export type { TokenType } from './token-types.js'
export type { IssuerHealth, IssuerReadiness, Readiness, Verifier, VerifyOptions } from './verifier.js'
