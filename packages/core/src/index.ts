export type { Actor } from './actor.js'
export type { AlgorithmName, KeyFamily } from './algorithms.js'
export { toAuthRequest } from './auth-request.js'
export type {
  AuthRequest,
  AuthRequestContext,
  ConnectionSocket,
  FetchRequest,
  HeaderFields,
  IncomingRequest,
} from './auth-request.js'
export { createVerifier } from './create-verifier.js'
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
export { allOf, anyOf } from './guards/compose.js'
export type { AnyGuard, AsyncGuard, Guard } from './guards/guard.js'
export { requireAnyScope, requireScopes } from './guards/scopes.js'
export type {
  Audience,
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
export type { IssuerSource, KeySelector, KeySource, KeySourceHealth, VerificationKey } from './ports.js'
export { Principal } from './principal.js'
export type { Claims, DefaultClaims, Register, Scheme, Verdict } from './principal.js'
export type {
  AudienceRule,
  ClaimPath,
  ClaimRule,
  IssuerRules,
  KeyCacheRules,
  Limits,
  NetworkRules,
  TokenProfile,
  TrustedIssuer,
} from './rules.js'
export type { Logger, Runtime, RuntimeFetchInit } from './runtime.js'
export type { IssuerHealth, IssuerReadiness, Readiness, Verifier } from './verifier.js'
