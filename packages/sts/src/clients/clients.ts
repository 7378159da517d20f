import type { KeySource } from '@countersign/core'
import type { CertificateName } from './certificate.js'
import type { ClientAuthenticationMethod, ResolvedClient } from './client.js'
import type { SecretDigest } from './secret.js'
import type { WorkloadMatch } from './workload.js'

/** How one client proves who it is, ready to be asked. Never leaves this folder: grants and logs see the registration alone. */
export type ClientProof =
  | { readonly method: 'private_key_jwt'; readonly keys: KeySource }
  | { readonly method: 'tls_client_auth'; readonly name: CertificateName }
  | { readonly method: 'self_signed_tls_client_auth'; readonly thumbprints: ReadonlySet<string> }
  | { readonly method: 'client_secret_basic' | 'client_secret_post'; readonly digests: readonly SecretDigest[] }
  | { readonly method: 'workload'; readonly match: WorkloadMatch }

/** A client, and what it proves itself with. */
export interface Client {
  readonly registration: ResolvedClient
  readonly proof: ClientProof
}

/** A client that a platform vouches for. */
export interface WorkloadClient {
  readonly registration: ResolvedClient
  readonly match: WorkloadMatch
}

/** The clients of one service. */
export interface Clients {
  readonly registrations: readonly ResolvedClient[]
  readonly methods: ReadonlySet<ClientAuthenticationMethod>
  /** By its id, compared exactly. */
  find(clientId: string): Client | undefined
  readonly workloads: readonly WorkloadClient[]
  /** Stops reading the key sets of clients. */
  close(): void
}

/** Indexes clients whose ids differ. */
export function createClients(all: readonly Client[]): Clients {
  const byId = new Map(all.map((client) => [client.registration.clientId, client]))
  const registrations = Object.freeze(all.map(({ registration }) => registration))
  return Object.freeze({
    registrations,
    methods: new Set(registrations.map(({ method }) => method)),
    find: (clientId: string) => byId.get(clientId),
    workloads: all.flatMap(({ registration, proof }) =>
      proof.method === 'workload' ? [{ registration, match: proof.match }] : [],
    ),
    close() {
      for (const { proof } of all) if (proof.method === 'private_key_jwt') proof.keys.close()
    },
  })
}
