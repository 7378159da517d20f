export type { ClientAuthenticationMethod, ClientAuthenticationOptions, ClientOptions } from './clients/client.js'
export { createTokenService } from './create-token-service.js'
export { STS_REASONS, TOKEN_ERRORS } from './error-table.js'
export type { StsReason, TokenErrorCode, TokenErrorRow, TokenErrorStatus } from './error-table.js'
export { createSigningKeys } from './keys/create-signing-keys.js'
export type { ExperimentalOptions } from './experimental/options.js'
export { fileKeys } from './keys/file-keys.js'
export { localKeyWrapper } from './keys/key-wrapper.js'
export type { KeyWrapper, WrapContext } from './keys/key-wrapper.js'
export { memoryKeys } from './keys/memory-keys.js'
export type { SigningKeysOptions } from './keys/options.js'
export { JWKS_MAX_AGE_SECONDS } from './keys/rotation-rules.js'
export type {
  OwnKey,
  Signer,
  SigningAlgorithm,
  SigningKeyHealth,
  SigningKeys,
  SigningKeyState,
} from './keys/signing-keys.js'
export type {
  ClientTrust,
  SubjectTrust,
  TargetOptions,
  TokenRevocations,
  TokenServiceOptions,
  TrustRecord,
} from './options.js'
export type { AllowRule, Condition, DenyRule, GrantName, PolicyRule } from './policy/rule.js'
export type {
  PolicyExplanation,
  PolicyQuestion,
  ServiceHealth,
  ServiceReadiness,
  TokenService,
} from './token-service.js'
