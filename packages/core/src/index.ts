export type { AlgorithmName, KeyFamily } from './algorithms.js'
export { AuthenticationError, AuthorizationError, ConfigurationError, CountersignError, InternalError, UpstreamError } from './errors.js'
