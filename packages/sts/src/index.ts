export type { ClientAuthenticationMethod, ClientAuthenticationOptions, ClientOptions } from './clients/client.js'
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
