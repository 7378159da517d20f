import type { HttpPeer, Verifier } from '@countersign/core'
import type { Decoded } from '@countersign/core/server'
import type { StsReason } from '../error-table.js'
import { TokenError } from '../errors.js'
import type { Form } from '../http/form.js'
import type { StandingRules } from '../subject/standing.js'
import type { AuthenticatedClient } from '../token-request.js'
import { decodeAssertion, readClaimedIssuer, verifyAssertion, verifyForNobody } from './assertion.js'
import type { AssertionRules } from './assertion.js'
import { isNamed, isPinned } from './certificate.js'
import type { Client, Clients } from './clients.js'
import { readPresented } from './presented.js'
import type { Presented } from './presented.js'
import { isSecret } from './secret.js'
import { findWorkloadClient, verifyWorkloadToken } from './workload.js'

/** What clients are authenticated by. */
export interface ClientAuthentication extends AssertionRules {
  readonly clients: Clients
  readonly verifier: Verifier<unknown> | undefined
  readonly isClientIssuer: (issuer: string) => boolean
  /** Of the tokens of workloads. */
  readonly standing: StandingRules
}

/** What a request says of its client before anything is proven: for the audit trail, and only where such a client exists. */
export interface ClaimedClient {
  clientId: string | undefined
}

type PresentedKind<K extends Presented['kind']> = Extract<Presented, { readonly kind: K }>

/**
 * Authenticates the client of a request: in the one way that it is registered for, and no other.
 *
 * Whatever is wrong with credentials is one error with one text, and takes about as long, so that nobody learns which
 * clients there are. The exception is what cannot be known, such as keys that are at a URL, or revocation: the answer is then 503.
 *
 * @param claimed is told which registered client the request says that it is from
 * @throws TokenError `ERR_STS_CLIENT_*`, `ERR_STS_PARAMETER_MISSING`, `ERR_STS_UNAVAILABLE`
 * @see RFC 6749 sections 2.3 and 3.2.1, RFC 7521 section 4.2, RFC 8705 section 2
 */
export async function authenticateClient(
  { headers, form, peer }: { readonly headers: Headers; readonly form: Form; readonly peer: HttpPeer },
  context: ClientAuthentication,
  claimed: ClaimedClient,
): Promise<AuthenticatedClient> {
  const presented = readPresented(headers, form)
  if (presented.kind === 'assertion') return authenticateByAssertion(presented, context, claimed)
  const client = context.clients.find(presented.clientId)
  claimed.clientId = client?.registration.clientId
  if (presented.kind === 'certificate') return authenticateByCertificate(client, peer)
  return authenticateBySecret(client, presented)
}

function authenticateBySecret(
  client: Client | undefined,
  { kind, secret }: PresentedKind<'basic' | 'post'>,
): AuthenticatedClient {
  const method = kind === 'basic' ? 'client_secret_basic' : 'client_secret_post'
  const digests = client?.proof.method === method ? client.proof.digests : undefined
  const fits = isSecret(secret, digests)
  if (client === undefined) throw new TokenError('ERR_STS_CLIENT_UNKNOWN')
  if (digests === undefined) throw new TokenError('ERR_STS_CLIENT_METHOD', { detail: { wants: client.proof.method } })
  if (!fits) throw new TokenError('ERR_STS_CLIENT_SECRET')
  return toAuthenticated(client)
}

function authenticateByCertificate(client: Client | undefined, peer: HttpPeer): AuthenticatedClient {
  if (client === undefined) throw new TokenError('ERR_STS_CLIENT_UNKNOWN')
  const { proof } = client
  if (proof.method === 'tls_client_auth') {
    if (isNamed(peer, proof.name)) return toAuthenticated(client)
  } else if (proof.method === 'self_signed_tls_client_auth') {
    if (isPinned(peer, proof.thumbprints)) return toAuthenticated(client)
  } else {
    throw new TokenError('ERR_STS_CLIENT_METHOD', { detail: { wants: proof.method } })
  }
  throw new TokenError('ERR_STS_CLIENT_CERTIFICATE')
}

/** An issuer of workloads is trusted by name, as in any verifier; every other `iss` is the client itself. */
async function authenticateByAssertion(
  presented: PresentedKind<'assertion'>,
  context: ClientAuthentication,
  claimed: ClaimedClient,
): Promise<AuthenticatedClient> {
  const decoded = decodeAssertion(presented.assertion)
  const issuer = readClaimedIssuer(decoded)
  if (issuer !== undefined && context.isClientIssuer(issuer)) return authenticateWorkload(presented, context, claimed)
  return authenticateByKey(decoded, issuer, presented.clientId, context, claimed)
}

async function authenticateByKey(
  decoded: Decoded,
  issuer: string | undefined,
  clientId: string | undefined,
  context: ClientAuthentication,
  claimed: ClaimedClient,
): Promise<AuthenticatedClient> {
  const client = issuer === undefined ? undefined : context.clients.find(issuer)
  claimed.clientId = client?.registration.clientId
  const refusal = findRefusal(client, clientId)
  if (client?.proof.method !== 'private_key_jwt' || refusal !== undefined) {
    verifyForNobody(decoded)
    throw new TokenError(refusal ?? 'ERR_STS_CLIENT_METHOD')
  }
  await verifyAssertion(decoded, client.registration.clientId, client.proof.keys, context)
  return { ...toAuthenticated(client), keyId: decoded.header.kid }
}

function findRefusal(client: Client | undefined, clientId: string | undefined): StsReason | undefined {
  if (client === undefined) return 'ERR_STS_CLIENT_UNKNOWN'
  // RFC 7521 section 4.2: a client id beside the assertion is the same one.
  return clientId === undefined || clientId === client.registration.clientId ? undefined : 'ERR_STS_CLIENT_ASSERTION'
}

async function authenticateWorkload(
  { assertion, clientId }: PresentedKind<'assertion'>,
  { clients, verifier, ...rules }: ClientAuthentication,
  claimed: ClaimedClient,
): Promise<AuthenticatedClient> {
  if (verifier === undefined) throw new TokenError('ERR_STS_CLIENT_WORKLOAD')
  const workload = await verifyWorkloadToken(assertion, verifier, rules)
  const meant = clients.workloads.filter(
    ({ registration }) => clientId === undefined || registration.clientId === clientId,
  )
  const { registration } = findWorkloadClient(workload, meant)
  claimed.clientId = registration.clientId
  return { registration, method: 'workload', keyId: undefined, workload }
}

function toAuthenticated({ registration }: Client): AuthenticatedClient {
  return { registration, method: registration.method, keyId: undefined, workload: undefined }
}
