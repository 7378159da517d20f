import type { ClientAuthenticationMethod } from '../clients/client.js'
import { GRANT_TYPES } from '../grants/find-grant.js'
import { toEndpointPaths, toEndpointUrls } from '../http/paths.js'
import type { EndpointCall, EndpointContext } from './endpoint.js'
import { answerHealth } from './health.js'
import { answerIntrospection } from './introspection.js'
import { answerJwks } from './jwks.js'
import { answerMetadata, toOpenidMetadata, toServerMetadata } from './metadata.js'
import type { MetadataSource } from './metadata.js'
import { answerRevocation } from './revocation.js'
import { answerToken } from './token.js'
import { ID_JAG_PROFILE, TOKEN_FORMS } from '../tokens/forms.js'

/** One path of a service. */
export interface Route {
  /** `document`: for everybody, by GET and HEAD, browsers included. `form`: for clients, by POST. */
  readonly kind: 'document' | 'form'
  answer(call: EndpointCall): Response | Promise<Response>
}

/** Every path of a service, and what answers there. Revocation only where there is somewhere to write it down. */
export function createRoutes(
  context: EndpointContext,
  methods: ReadonlySet<ClientAuthenticationMethod>,
): ReadonlyMap<string, Route> {
  const { issuer, revocations } = context.service
  const paths = toEndpointPaths(issuer)
  const source = toMetadataSource(context, methods)
  const server = toServerMetadata(source)
  const openid = toOpenidMetadata(source)
  const routes = new Map<string, Route>([
    [paths.token, { kind: 'form', answer: (call) => answerToken(call, context) }],
    [paths.introspection, { kind: 'form', answer: (call) => answerIntrospection(call, context) }],
    [paths.jwks, { kind: 'document', answer: (call) => answerJwks(call, context) }],
    [paths.health, { kind: 'document', answer: () => answerHealth(context) }],
    [paths.serverMetadata, { kind: 'document', answer: ({ request }) => answerMetadata(request, server) }],
  ])
  for (const path of paths.openidMetadata) {
    routes.set(path, { kind: 'document', answer: ({ request }) => answerMetadata(request, openid) })
  }
  if (revocations !== undefined) {
    routes.set(paths.revocation, { kind: 'form', answer: (call) => answerRevocation(call, context, revocations) })
  }
  return routes
}

function toMetadataSource(
  { service, proofs }: EndpointContext,
  methods: ReadonlySet<ClientAuthenticationMethod>,
): MetadataSource {
  const grants = new Set(service.clients.flatMap((client) => client.grants))
  const isMutual = methods.has('tls_client_auth') || methods.has('self_signed_tls_client_auth')
  const forms = new Set(service.targets.all.flatMap((target) => target.forms))
  const grantForms = (['grant', 'id-jag'] as const).filter((form) => forms.has(form))
  return {
    service,
    urls: toEndpointUrls(service.issuer),
    grantTypes: [...grants].map((grant) => GRANT_TYPES[grant]),
    methods,
    algorithms: proofs.algorithms,
    profiles: {
      // RFC 8705 section 3.3.
      tls_client_certificate_bound_access_tokens: isMutual ? true : undefined,
      // draft-ietf-oauth-identity-chaining section 3.
      identity_chaining_requested_token_types_supported:
        grantForms.length === 0 ? undefined : grantForms.map((form) => TOKEN_FORMS[form].tokenType),
      // draft-ietf-oauth-identity-assertion-authz-grant-03 section 7.2.
      authorization_grant_profiles_supported:
        service.experimental.idJagIssuers.size === 0 ? undefined : [ID_JAG_PROFILE],
    },
  }
}
