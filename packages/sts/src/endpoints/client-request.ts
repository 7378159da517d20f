import { authenticateClient } from '../clients/authenticate-client.js'
import type { ClaimedClient } from '../clients/authenticate-client.js'
import { toCertificateThumbprint } from '../clients/certificate.js'
import { toTokenError } from '../errors.js'
import { readForm } from '../http/form.js'
import type { Form } from '../http/form.js'
import type { AuthenticatedClient, Possession } from '../token-request.js'
import type { EndpointCall, EndpointContext } from './endpoint.js'
import { recordFailure } from './record-failure.js'
import type { Route } from './record-failure.js'

/** A request whose client has proven who it is. */
export interface ClientRequest {
  readonly form: Form
  readonly client: AuthenticatedClient
  readonly possession: Possession
}

/**
 * Reads the form of a request and authenticates its client; at the token endpoint also which keys it holds. Every refusal stands
 * in the audit trail, with the client it claims to be where there is such a client, and with nothing that a stranger wrote.
 *
 * @throws TokenError
 */
export async function readClientRequest(
  call: EndpointCall,
  route: Route,
  context: EndpointContext,
): Promise<ClientRequest> {
  const claimed: ClaimedClient = { clientId: undefined }
  let client: AuthenticatedClient | undefined
  try {
    const { request, peer } = call
    const form = await readForm(request)
    client = await authenticateClient({ headers: request.headers, form, peer }, context.authentication, claimed)
    // Only now: what a proof brings along is imported and remembered, and that is for clients alone.
    const possession = route === '/token' ? await findPossession(call, context) : {}
    return { form, client, possession }
  } catch (thrown) {
    const error = toTokenError(thrown)
    // A client that is told which nonce it needs has done nothing wrong.
    if (error.reason !== 'ERR_STS_PROOF_NONCE') {
      const id = claimed.clientId
      await recordFailure(
        error,
        call,
        { route, client: id === undefined ? undefined : { id, authMethod: client?.method } },
        context,
      )
    }
    throw error
  }
}

async function findPossession({ request, peer }: EndpointCall, { proofs }: EndpointContext): Promise<Possession> {
  const certificate = peer.clientCertificate?.()
  const thumbprint = certificate === undefined ? undefined : toCertificateThumbprint(certificate)
  const field = request.headers.get('dpop')
  const jkt = await verifyProof(request.method, field === null ? [] : [field], proofs)
  return { jkt, 'x5t#S256': thumbprint }
}

async function verifyProof(
  method: string,
  dpop: readonly string[],
  proofs: EndpointContext['proofs'],
): Promise<string | undefined> {
  try {
    return await proofs.verify({ method, dpop })
  } catch (error) {
    const wantsNonce = (error as { readonly reason?: unknown }).reason === 'ERR_PROOF_NONCE'
    throw toTokenError(error, wantsNonce ? 'ERR_STS_PROOF_NONCE' : 'ERR_STS_PROOF')
  }
}
