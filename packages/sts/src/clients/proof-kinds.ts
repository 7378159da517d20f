import { invalid, list, optional, readTable, required, text } from '@countersign/core/adapter'
import type { Kind, OptionTable } from '@countersign/core/adapter'
import { checkFetchUrl, createKeySource, keys } from '@countersign/core/server'
import type { KeySourceContext } from '@countersign/core/server'
import type { CertificateName } from './certificate.js'
import type { ClientAuthenticationMethod } from './client.js'
import type { ClientProof } from './clients.js'
import { toSecretDigest } from './secret.js'
import { readWorkload } from './workload-kind.js'
import type { WorkloadSurroundings } from './workload-kind.js'

/** What authentication options are checked against. */
export interface ProofSurroundings extends WorkloadSurroundings {
  readonly keySource: KeySourceContext
}

/** One method: how its options are read. */
type ReadProof = (value: unknown, option: string, clientId: string, surroundings: ProofSurroundings) => ClientProof

/** Never shown, whatever is wrong with it. */
const secret: Kind<string> = {
  wants: 'a secret of at least 32 characters',
  read(value, option) {
    if (typeof value === 'string' && value.length >= 32 && value.length <= 1_024) return value
    const fix = 'As from crypto.randomBytes(32).toString("base64url"): nobody remembers it anyway.'
    throw invalid({ option, got: value, wants: this.wants, fix, secret: true })
  },
}

const thumbprint: Kind<string> = {
  wants: 'the SHA-256 thumbprint of a certificate, in base64url',
  read(value, option) {
    if (typeof value === 'string' && /^[\w-]{43}$/.test(value)) return value
    const fix = 'As in "x5t#S256": 43 characters, not the hexadecimal one that OpenSSL prints.'
    throw invalid({ option, got: value, wants: this.wants, fix })
  },
}

const method = { method: required(text('a method')) }

const KEYS_TABLE = { ...method, keys: required<unknown>({ wants: '{ jwks } or { jwksUri }', read: (value) => value }) }

const SECRETS_TABLE = { ...method, secrets: required(list(secret, 'a list of secrets')) }

const PINS_TABLE = { ...method, thumbprints: required(list(thumbprint, 'a list of thumbprints')) }

type ReadNames = Readonly<Record<CertificateName['kind'], string | undefined>>

const NAMES_TABLE: OptionTable<ReadNames & { readonly method: string }> = {
  ...method,
  subjectDn: optional(text('a distinguished name, as RFC 4514 writes it')),
  dnsName: optional(text('the name of a host')),
  uri: optional(text('a URI')),
}

const readSecrets =
  (name: 'client_secret_basic' | 'client_secret_post'): ReadProof =>
  (value, option) => {
    const { secrets } = readTable(SECRETS_TABLE, value, option)
    return { method: name, digests: secrets.map(toSecretDigest) }
  }

const READERS: Readonly<Record<ClientAuthenticationMethod, ReadProof>> = {
  private_key_jwt: readKeys,
  tls_client_auth: (value, option) => ({ method: 'tls_client_auth', name: readName(value, option) }),
  self_signed_tls_client_auth: (value, option) => {
    const { thumbprints } = readTable(PINS_TABLE, value, option)
    return { method: 'self_signed_tls_client_auth', thumbprints: new Set(thumbprints) }
  },
  client_secret_basic: readSecrets('client_secret_basic'),
  client_secret_post: readSecrets('client_secret_post'),
  workload: (value, option, _clientId, surroundings) => readWorkload(value, option, surroundings),
}

/**
 * Reads how a client proves who it is.
 *
 * @throws ConfigurationError also for a key set without a usable key, and a URL that may not be fetched
 */
export function readProof(
  value: unknown,
  option: string,
  clientId: string,
  surroundings: ProofSurroundings,
): ClientProof {
  const named = (value as { readonly method?: unknown } | null | undefined)?.method
  if (typeof named === 'string' && Object.hasOwn(READERS, named)) {
    return READERS[named as ClientAuthenticationMethod](value, option, clientId, surroundings)
  }
  const wants = `one of ${Object.keys(READERS)
    .map((name) => `"${name}"`)
    .join(', ')}`
  const fix = 'There are no clients without authentication: whoever could steal a token could upgrade it.'
  throw invalid({ option: `${option}.method`, got: named, wants, fix })
}

function readKeys(value: unknown, option: string, clientId: string, { keySource }: ProofSurroundings): ClientProof {
  const given = readTable(KEYS_TABLE, value, option).keys
  const location = keys.read(given, `${option}.keys`)
  if (location.kind === 'discovery') {
    const fix = 'A client publishes its keys at an address of its own, or gives them.'
    throw invalid({ option: `${option}.keys`, got: given, wants: '{ jwks } or { jwksUri }', fix })
  }
  if (location.kind === 'jwks-uri') checkFetchUrl(location.url, `${option}.keys.jwksUri`, keySource.network)
  // Events of key sets are by the name of the issuer; clients have theirs, and no two parties may share one.
  return { method: 'private_key_jwt', keys: createKeySource(`client:${clientId}`, location, keySource) }
}

/** RFC 8705 section 2.1.2: exactly one. */
function readName(value: unknown, option: string): CertificateName {
  const read = readTable(NAMES_TABLE, value, option)
  const names = (['subjectDn', 'dnsName', 'uri'] as const).flatMap((kind) => {
    const found = read[kind]
    return found === undefined ? [] : [{ kind, value: found }]
  })
  const [name, another] = names
  if (name !== undefined && another === undefined) return name
  const fix = 'A second name would be a second way in.'
  const got = names.map(({ kind }) => kind).join(' and ') || undefined
  throw invalid({ option, got, wants: 'exactly one of subjectDn, dnsName and uri', fix })
}
