import type { ClaimPathInput } from '../claim-path.js'
import type { Claims } from '../principal.js'

/** A claim, and what is made of it. Strings and arrays of strings alone count: nothing is coerced. */
export interface ClaimSource {
  /** Member names from the outside in, or a JSON Pointer. Never a dotted string. */
  readonly claim: ClaimPathInput
  /** Splits a string claim into a list. Default: a string is a list of one. */
  readonly separator?: string | undefined
  /** `'names'` takes the member names of an object claim instead of its value. Default `'value'`. */
  readonly take?: 'value' | 'names' | undefined
  /** Translates each value; a value that is not in the table is dropped. */
  readonly table?: Readonly<Record<string, string | readonly string[]>> | undefined
  /** Put before each value, after the table. */
  readonly prefix?: string | undefined
}

/** A value that the configuration gives, whatever the token says. */
export interface ConstantSource {
  readonly constant: string | readonly string[]
}

/** Where one value comes from. */
export type Source = ClaimSource | ConstantSource

/** One text: the first source that is present wins. */
export type TextTarget = Source | readonly Source[]

/** A list: the first source that is present wins, or with `all` what all of them give together. */
export type ListTarget = Source | readonly Source[] | { readonly all: readonly Source[] }

/** How an issuer's claims become a principal. What is left out is read from the standard claims. */
export interface MappingTargets {
  /** Required: a token without it is refused. Default `sub`. */
  readonly subject?: TextTarget | undefined
  /** Default: `client_id`, `azp`, `cid`, `appid`, in this order. */
  readonly clientId?: TextTarget | undefined
  /** Default: `scope`, then `scp`, split at spaces. */
  readonly scopes?: ListTarget | undefined
  /** Default `roles`. */
  readonly roles?: ListTarget | undefined
  /** Default `permissions`. */
  readonly permissions?: ListTarget | undefined
  /** Default `groups`. */
  readonly groups?: ListTarget | undefined
  /**
   * Of an issuer template, and of what `resolveIssuer` answers: `{ constant }` alone. A template without it has the tenant that its only
   * variable matched, and none where there are several. Default: none.
   */
  readonly tenant?: TextTarget | undefined
  /** Further values by name; a claim without any other member is taken as it is, whatever its type. */
  readonly attributes?: Readonly<Record<string, TextTarget>> | undefined
}

/** What a mapping function returns. What is left out is absent, except that `subject` is required. */
export interface MappedFields {
  readonly subject?: string | undefined
  readonly clientId?: string | undefined
  readonly scopes?: readonly string[] | undefined
  readonly roles?: readonly string[] | undefined
  readonly permissions?: readonly string[] | undefined
  readonly groups?: readonly string[] | undefined
  readonly tenant?: string | undefined
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
}

/** A mapping as data, or as a synchronous function of the verified payload. A function that throws refuses the token. */
export type MappingOptions = MappingTargets | ((payload: Claims) => MappedFields)

/**
 * The most that an issuer can say. A list that is left out sets no bound; an empty one allows nothing. For an issuer template, and for
 * what `resolveIssuer` answers, a list of roles, permissions or groups that is left out allows none.
 */
export interface GrantsOptions {
  readonly scopes?: readonly string[] | undefined
  readonly roles?: readonly string[] | undefined
  readonly permissions?: readonly string[] | undefined
  readonly groups?: readonly string[] | undefined
  /** A token for another tenant, or for none, is refused: nobody's tenant must not look like everybody's. */
  readonly tenants?: readonly string[] | undefined
}
