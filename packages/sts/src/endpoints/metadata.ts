import type { ClientAuthenticationMethod } from '../clients/client.js'
import type { EndpointUrls } from '../http/paths.js'
import { toDocumentAnswer } from '../http/document.js'
import type { ServiceContext } from '../service-context.js'

/** What the metadata is made of. */
export interface MetadataSource {
  readonly service: Pick<ServiceContext, 'issuer' | 'signingKeys' | 'revocations'>
  readonly urls: EndpointUrls
  readonly grantTypes: readonly string[]
  readonly methods: ReadonlySet<ClientAuthenticationMethod>
  /** What assertions and proofs may be signed with. */
  readonly algorithms: readonly string[]
  /** Members of profiles that are on. */
  readonly profiles: Readonly<Record<string, unknown>>
}

/** A workload presents its token as a client assertion: to clients and servers it is that method. */
const METHOD_NAMES: Readonly<Record<ClientAuthenticationMethod, string>> = {
  private_key_jwt: 'private_key_jwt',
  workload: 'private_key_jwt',
  tls_client_auth: 'tls_client_auth',
  self_signed_tls_client_auth: 'self_signed_tls_client_auth',
  client_secret_basic: 'client_secret_basic',
  client_secret_post: 'client_secret_post',
}

/**
 * The metadata of the service: exactly what it does.
 *
 * @see RFC 8414 section 2, RFC 8705 section 3.3, RFC 9449 section 5.1
 */
export function toServerMetadata(source: MetadataSource): Readonly<Record<string, unknown>> {
  const { service, urls, grantTypes, methods, algorithms, profiles } = source
  const names = [...new Set([...methods].map((method) => METHOD_NAMES[method]))]
  const authentication = (endpoint: string): Readonly<Record<string, unknown>> => ({
    [`${endpoint}_auth_methods_supported`]: names,
    // RFC 8414 section 2: only where a method has signatures.
    [`${endpoint}_auth_signing_alg_values_supported`]: names.includes('private_key_jwt') ? algorithms : undefined,
  })
  const revokes = service.revocations !== undefined
  return {
    issuer: service.issuer,
    token_endpoint: urls.token,
    ...authentication('token_endpoint'),
    jwks_uri: urls.jwks,
    // There is no authorization endpoint, and the member is required: RFC 8414 section 2.
    response_types_supported: [],
    grant_types_supported: grantTypes,
    introspection_endpoint: urls.introspection,
    ...authentication('introspection_endpoint'),
    revocation_endpoint: revokes ? urls.revocation : undefined,
    ...(revokes ? authentication('revocation_endpoint') : {}),
    dpop_signing_alg_values_supported: algorithms,
    ...profiles,
  }
}

/** The same, with what OpenID Connect Discovery section 3 demands beside: clients of both kinds read keys from either. */
export function toOpenidMetadata(source: MetadataSource): Readonly<Record<string, unknown>> {
  return {
    ...toServerMetadata(source),
    subject_types_supported: ['public', 'pairwise'],
    id_token_signing_alg_values_supported: source.service.signingKeys.algorithms,
  }
}

/** Answers with a metadata document. */
export function answerMetadata(request: Request, metadata: Readonly<Record<string, unknown>>): Response {
  const body = JSON.stringify(metadata)
  return toDocumentAnswer(request, { body, contentType: 'application/json', cacheControl: 'public, max-age=300' })
}
