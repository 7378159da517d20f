import type { Reason } from '@countersign/core'
import type { ContractRequest } from '../contract/raw-client.js'
import type { Victim } from './victim.js'

/** A token that nobody may take: refused with 401 and one text, whatever the reason. */
export interface ForgedToken {
  readonly name: string
  readonly token: string
  readonly reason: Reason
}

/** A request that must not get in, byte by byte as it goes over the wire. */
export interface ForgedRequest {
  readonly name: string
  readonly request: Partial<ContractRequest>
  /** What may be answered: Node itself, the frameworks and we have different words for one refusal. */
  readonly status: readonly number[]
  /** What may be answered in place of that by one framework, by the name of its host. */
  readonly statusOn?: Readonly<Record<string, readonly number[]>>
  /** The one `WWW-Authenticate` field, where the refusal must be ours. */
  readonly challenge?: string
  /** What must stand behind the first answer, where another request came behind the first. */
  readonly behind?: string
}

/** One attack, or one kind of it. Run against the core and over raw connections against every framework. */
export interface Attack {
  /** Begins with the advisories that it repeats and the rules that it tries. */
  readonly title: string
  tokens?(victim: Victim): Promise<readonly ForgedToken[]> | readonly ForgedToken[]
  requests?(victim: Victim): Promise<readonly ForgedRequest[]> | readonly ForgedRequest[]
}

/** The one answer to a bad token. */
export const INVALID_TOKEN =
  'Bearer realm="api", error="invalid_token", error_description="The access token is invalid or expired"'

/** The one answer to a request that cannot be read. */
export const INVALID_REQUEST =
  'Bearer realm="api", error="invalid_request", error_description="The request is malformed"'

/** The one answer to whoever brings nothing. */
export const UNAUTHENTICATED = 'Bearer realm="api"'

/** Forged tokens by name, all refused for one reason. */
export function toTokens(reason: Reason, tokens: Readonly<Record<string, string>>): readonly ForgedToken[] {
  return Object.entries(tokens).map(([name, token]) => ({ name, token, reason }))
}
