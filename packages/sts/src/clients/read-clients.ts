import { flag, invalid, list, listOrNone, oneOf, optional, readTable, required, text } from '@countersign/core/adapter'
import type { Kind, OptionTable } from '@countersign/core/adapter'
import type { GrantName } from '../policy/rule.js'
import { REFUSED_TYPES, TOKEN_TYPE_PREFIX } from '../subject/token-types.js'
import type { ResolvedClient } from './client.js'
import { createClients } from './clients.js'
import type { Client, Clients } from './clients.js'
import { readProof } from './proof-kinds.js'
import type { ProofSurroundings } from './proof-kinds.js'

/** RFC 6749 appendix A.1, and not so long that nobody could read it in a log. */
const clientId: Kind<string> = {
  wants: 'a client id of printable ASCII',
  read(value, option) {
    if (typeof value === 'string' && /^[\x21-\x7E]{1,256}$/.test(value)) return value
    throw invalid({ option, got: value, wants: this.wants, fix: '1 to 256 characters, no spaces.' })
  },
}

const tokenType: Kind<string> = {
  wants: 'the last part of the URN of a token type',
  read(value, option) {
    const fits = typeof value === 'string' && /^[a-z0-9_.-]{1,64}$/.test(value)
    const urn = `${TOKEN_TYPE_PREFIX}${String(value)}`
    if (fits && !REFUSED_TYPES.has(urn)) return urn
    const fix = fits ? 'Tokens of this type prove nothing here.' : 'As in "jwt".'
    throw invalid({ option, got: value, wants: this.wants, fix })
  },
}

const unread: Kind<unknown> = { wants: 'how it proves who it is', read: (value) => value }

interface ReadClient {
  readonly clientId: string
  readonly authentication: unknown
  readonly grants: readonly GrantName[]
  readonly subjectTokenTypes: readonly string[]
  readonly audiences: readonly string[]
  readonly requireBoundTokens: boolean
}

/** Every option of a client. */
export const CLIENT_TABLE: OptionTable<ReadClient> = {
  clientId: required(clientId),
  authentication: required(unread),
  grants: optional(list(oneOf<GrantName>(['token-exchange', 'jwt-bearer', 'client-credentials']), 'a list of grants'), [
    'token-exchange',
  ]),
  subjectTokenTypes: optional(
    listOrNone(tokenType, 'a list of token types'),
    ['access_token', 'jwt'].map((name) => TOKEN_TYPE_PREFIX + name),
  ),
  audiences: optional(listOrNone(text('a value of aud'), 'values of aud that mean this client'), []),
  requireBoundTokens: optional(flag, false),
}

/**
 * Reads the clients of a service.
 *
 * @throws ConfigurationError also for two clients of one id, and one that has the name of an issuer of workloads
 */
export function readClients(options: unknown, surroundings: ProofSurroundings): Clients {
  if (!Array.isArray(options) || options.length === 0) {
    const fix = 'Nobody else can be issued a token.'
    throw invalid({ option: 'clients', got: options, wants: 'a list of clients', fix })
  }
  const all = Array.from(options as readonly unknown[], (value, index) =>
    readClient(value, `clients[${index}]`, surroundings),
  )
  checkNames(all.map(({ registration }) => registration))
  return createClients(all)
}

/** A token that is meant for one client would be for the other as well. */
function checkNames(registrations: readonly ResolvedClient[]): void {
  const seen = new Set<string>()
  registrations.forEach(({ clientId: id, audiences }, index) => {
    for (const name of audiences) {
      const option = name === id ? `clients[${index}].clientId` : `clients[${index}].audiences`
      const fix = 'Whatever is meant for the one would be meant for the other.'
      if (seen.has(name)) throw invalid({ option, got: name, wants: 'a name that no other client has', fix })
      seen.add(name)
    }
  })
}

function readClient(value: unknown, option: string, surroundings: ProofSurroundings): Client {
  const read = readTable(CLIENT_TABLE, value, option)
  if (surroundings.isClientIssuer(read.clientId)) {
    const fix = "An assertion that it issues would be its own and a workload's at once."
    throw invalid({ option: `${option}.clientId`, got: read.clientId, wants: 'a name that no trusted issuer has', fix })
  }
  const proof = readProof(read.authentication, `${option}.authentication`, read.clientId, surroundings)
  const { clientId: id, grants, subjectTokenTypes, audiences, requireBoundTokens } = read
  const registration = Object.freeze({
    clientId: id,
    method: proof.method,
    grants,
    subjectTokenTypes,
    audiences: Object.freeze([...new Set([id, ...audiences])]),
    requireBoundTokens,
  })
  return Object.freeze({ registration, proof })
}
