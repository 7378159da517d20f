import { createProofClient } from '../conformance/proofs.js'
import type { ProofClient, ProofOptions } from '../conformance/proofs.js'
import type { ContractRequest } from './raw-client.js'
import type { World } from './world.js'

/** The client whose tokens are bound, and a thief with a key of his own. */
export interface Clients {
  readonly client: ProofClient
  readonly thief: ProofClient
  /** Bound to the client's key; may read and write orders. */
  readonly token: string
  /** Bound as well; may read. */
  readonly reader: string
  /** Bound to nothing. */
  readonly unbound: string
}

/** One call, and what must come back, byte by byte, whatever the framework. */
export interface DpopCase {
  readonly title: string
  readonly path: string
  readonly method?: 'GET' | 'HEAD'
  /** Makes the fields anew for each call: a proof works once. */
  readonly toFields: (clients: Clients, url: string) => Promise<ContractRequest['fields']>
  readonly status: number
  readonly challenge?: string
  /** Whether there is a `DPoP-Nonce`. */
  readonly nonce?: true
  readonly error?: readonly [error: string, description: string]
}

const ALGS = 'algs="ES256"'
const INVALID_TOKEN = 'error="invalid_token", error_description="The access token is invalid or expired"'
const INVALID_PROOF = 'error="invalid_dpop_proof", error_description="The DPoP proof is invalid"'
const USE_NONCE = 'error="use_dpop_nonce", error_description="A DPoP proof with the nonce of this response is required"'
const SCOPE =
  'error="insufficient_scope", error_description="The request requires higher privileges than the access token provides"'

const badProof = {
  status: 401,
  challenge: `DPoP realm="api", ${INVALID_PROOF}, ${ALGS}, Bearer realm="api"`,
  error: ['invalid_dpop_proof', 'The DPoP proof is invalid'],
} as const
const badToken = {
  status: 401,
  challenge: `DPoP realm="api", ${INVALID_TOKEN}, ${ALGS}, Bearer realm="api"`,
  error: ['invalid_token', 'The access token is invalid or expired'],
} as const
const nonceWanted = {
  status: 401,
  challenge: `DPoP realm="api", ${USE_NONCE}, ${ALGS}`,
  nonce: true,
  error: ['use_dpop_nonce', 'A DPoP proof with the nonce of this response is required'],
} as const

const proven =
  (options: ProofOptions = {}, scheme = 'DPoP'): DpopCase['toFields'] =>
  async ({ client, token }, url) => [
    ['Authorization', `${scheme} ${token}`],
    ['DPoP', await client.proof(token, { ...options, claims: { htu: url, ...options.claims } })],
  ]

/** The contract of bound tokens. */
export const dpopCases: readonly DpopCase[] = [
  { title: 'a bound token with its proof', path: '/bound/orders', toFields: proven(), status: 200 },
  {
    title: 'B1: both names in any case',
    path: '/bound/orders',
    status: 200,
    toFields: async ({ client, token }, url) => [
      ['AUTHORIZATION', `dPoP  ${token}`],
      ['dpop', await client.proof(token, { claims: { htu: url } })],
    ],
  },
  {
    title: 'D7: HEAD with a proof for HEAD',
    method: 'HEAD',
    path: '/bound/orders',
    toFields: proven({ claims: { htm: 'HEAD' } }),
    status: 200,
  },
  {
    title: 'D7: HEAD with a proof for GET',
    method: 'HEAD',
    path: '/bound/orders',
    toFields: proven(),
    ...badProof,
  },
  { title: 'D8: a query that the proof does not know', path: '/bound/orders?page=1', toFields: proven(), status: 200 },
  {
    title: 'D8: a proof for another path',
    path: '/bound/orders',
    toFields: proven({ claims: { htu: 'https://api.example.com/orders' } }),
    ...badProof,
  },
  {
    title: 'D8: a proof for the path as the router sees it',
    path: '/bound/orders',
    toFields: proven({ claims: { htu: 'https://api.example.com/' } }),
    ...badProof,
  },
  {
    title: 'D8: a proof for the host that the connection names',
    path: '/bound/orders',
    toFields: proven({ claims: { htu: 'http://127.0.0.1/bound/orders' } }),
    ...badProof,
  },
  {
    title: 'D1: no proof',
    path: '/bound/orders',
    toFields: async ({ token }) => [['Authorization', `DPoP ${token}`]],
    ...badProof,
  },
  {
    title: 'D1: two proofs in two fields',
    path: '/bound/orders',
    toFields: async ({ client, token }, url) => [
      ['Authorization', `DPoP ${token}`],
      ['DPoP', await client.proof(token, { claims: { htu: url } })],
      ['DPoP', await client.proof(token, { claims: { htu: url } })],
    ],
    ...badProof,
  },
  {
    title: 'D1: the good proof and an empty field',
    path: '/bound/orders',
    toFields: async ({ client, token }, url) => [
      ['Authorization', `DPoP ${token}`],
      ['DPoP', await client.proof(token, { claims: { htu: url } })],
      ['dpop', ''],
    ],
    ...badProof,
  },
  {
    title: "D12: a thief's proof",
    path: '/bound/orders',
    toFields: async ({ thief, token }, url) => [
      ['Authorization', `DPoP ${token}`],
      ['DPoP', await thief.proof(token, { claims: { htu: url } })],
    ],
    ...badToken,
  },
  {
    title: 'D14: the downgrade, a bound token as Bearer',
    path: '/bound/orders',
    toFields: async ({ token }) => [['Authorization', `Bearer ${token}`]],
    ...badToken,
    challenge: `Bearer realm="api", ${INVALID_TOKEN}, DPoP realm="api", ${ALGS}`,
  },
  {
    title: 'D14: the downgrade with a proof',
    path: '/bound/orders',
    toFields: proven({}, 'Bearer'),
    ...badToken,
    challenge: `Bearer realm="api", ${INVALID_TOKEN}, DPoP realm="api", ${ALGS}`,
  },
  {
    title: 'D15: a token that is bound to nothing, under DPoP',
    path: '/bound/orders',
    toFields: async ({ client, unbound }, url) => [
      ['Authorization', `DPoP ${unbound}`],
      ['DPoP', await client.proof(unbound, { claims: { htu: url } })],
    ],
    ...badToken,
  },
  {
    title: 'a token that is bound to nothing, as Bearer',
    path: '/bound/orders',
    toFields: async ({ unbound }) => [['Authorization', `Bearer ${unbound}`]],
    status: 200,
  },
  {
    title: 'a token that is bound to nothing, where every token must be bound',
    path: '/nonces/orders',
    toFields: async ({ unbound }) => [['Authorization', `Bearer ${unbound}`]],
    ...badToken,
    challenge: `Bearer realm="api", ${INVALID_TOKEN}, DPoP realm="api", ${ALGS}`,
    nonce: true,
  },
  {
    title: 'nobody, where every token must be bound',
    path: '/nonces/orders',
    toFields: async () => [],
    status: 401,
    challenge: `DPoP realm="api", ${ALGS}`,
    nonce: true,
    error: ['unauthorized', 'Authentication is required'],
  },
  {
    title: 'D9: a proof without a nonce, where nonces are wanted',
    path: '/nonces/orders',
    toFields: proven(),
    ...nonceWanted,
  },
  {
    title: 'D9: a proof with a nonce that nobody gave',
    path: '/nonces/orders',
    toFields: proven({ claims: { nonce: 'A'.repeat(30) } }),
    ...nonceWanted,
  },
  {
    title: 'a scope that is missing, under DPoP',
    path: '/bound/orders',
    toFields: async ({ client, reader }, url) => [
      ['Authorization', `DPoP ${reader}`],
      ['DPoP', await client.proof(reader, { claims: { htu: url } })],
    ],
    status: 403,
    challenge: `DPoP realm="api", ${SCOPE}, scope="orders:write", ${ALGS}, Bearer realm="api"`,
    error: ['insufficient_scope', 'The request requires higher privileges than the access token provides'],
  },
  { title: 'middleware inside middleware', path: '/bound/nested/orders', toFields: proven(), status: 200 },
  {
    title: 'D8: behind a proxy that strips a prefix, a proof for what the client called',
    path: '/prefixed/orders',
    toFields: proven({ claims: { htu: 'https://api.example.com/v1/prefixed/orders' } }),
    status: 200,
  },
  {
    title: 'D8: behind a proxy that strips a prefix, a proof for what the API sees',
    path: '/prefixed/orders',
    toFields: proven(),
    ...badProof,
  },
  {
    title: 'a DPoP field and no token, where a token is optional',
    path: '/optional/me',
    toFields: async ({ client, token }) => [['DPoP', await client.proof(token)]],
    status: 401,
    challenge: 'Bearer realm="api"',
    error: ['unauthorized', 'Authentication is required'],
  },
]

/** Two clients of the world's first issuer. */
export async function createClients({ acme, clock }: World): Promise<Clients> {
  const target = { url: 'https://api.example.com/', nowSeconds: () => Math.floor(clock.now() / 1_000) }
  const [client, thief] = await Promise.all([createProofClient(acme, target), createProofClient(acme, target)])
  const bind = (scope: string) => acme.token({ cnf: client.confirmation, scope }, { expiresInSeconds: 3_600 })
  return {
    client,
    thief,
    token: await bind('orders:read orders:write'),
    reader: await bind('orders:read'),
    unbound: await acme.token({ scope: 'orders:write' }, { expiresInSeconds: 3_600 }),
  }
}
