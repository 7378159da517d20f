import type { Verifier } from '@countersign/core'
import { invalid, listOrNone, list, oneOf, optional, readTable, required, text } from '@countersign/core/adapter'
import type { Kind, OptionTable } from '@countersign/core/adapter'
import { TOKEN_TYPE_PREFIX } from '../subject/token-types.js'

/** What an issuer's tokens are taken for as subjects and actors. */
export interface SubjectRecord {
  readonly issuer: string
  /** URNs. */
  readonly tokenTypes: ReadonlySet<string>
  readonly audiences: readonly string[]
  readonly subjectScopes: 'from-token' | 'from-policy'
  readonly acr: ReadonlyMap<string, string>
  readonly amr: ReadonlyMap<string, string>
}

/** Whom one service trusts, and for what. */
export interface Trust {
  readonly subjects: readonly SubjectRecord[]
  /** By the exact, canonical name. */
  findSubject(issuer: string): SubjectRecord | undefined
  /** Whether the tokens of an issuer authenticate workloads: they are then no subjects. */
  isClientIssuer(issuer: string): boolean
}

type TokenTypeName = 'jwt' | 'id_token' | 'access_token'

interface ReadRecord {
  readonly use: 'client' | 'subject'
  readonly issuer: string
  readonly tokenTypes: readonly TokenTypeName[]
  readonly audiences: readonly string[]
  readonly subjectScopes: 'from-token' | 'from-policy'
  readonly acr: ReadonlyMap<string, string>
  readonly amr: ReadonlyMap<string, string>
}

/** Names of theirs, and what they are called here. */
const translation: Kind<ReadonlyMap<string, string>> = {
  wants: 'an object: their value, and what it is called here',
  read(value, option) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalid({ option, got: value, wants: this.wants, fix: 'As in { "urn:theirs:mfa": "mfa" }.' })
    }
    const entries = Object.entries(value as Readonly<Record<string, unknown>>)
    const word = text('what it is called here', 256)
    return new Map(entries.map(([theirs, ours]) => [theirs, word.read(ours, `${option}[${JSON.stringify(theirs)}]`)]))
  },
}

const NONE: ReadonlyMap<string, string> = new Map()

/** Every option of a trust record for subjects. */
export const SUBJECT_TABLE: OptionTable<ReadRecord> = {
  use: required(oneOf(['client', 'subject'])),
  issuer: required(text('the name of an issuer')),
  tokenTypes: optional(list(oneOf<TokenTypeName>(['jwt', 'id_token', 'access_token']), 'a list of token types'), [
    'jwt',
  ]),
  audiences: optional(listOrNone(text('a value of aud'), 'values of aud'), []),
  subjectScopes: optional(oneOf(['from-token', 'from-policy']), 'from-token'),
  acr: optional(translation, NONE),
  amr: optional(translation, NONE),
}

const CLIENT_TABLE: OptionTable<Pick<ReadRecord, 'use' | 'issuer'>> = {
  use: SUBJECT_TABLE.use,
  issuer: SUBJECT_TABLE.issuer,
}

/** What trust records are checked against. */
export interface TrustSurroundings {
  /** The service's own name. */
  readonly issuer: string
  readonly verifier: Verifier<unknown> | undefined
  /** Whether there are verifiers of other token types. */
  readonly hasOtherVerifiers: boolean
}

/**
 * Reads the trust records. One issuer has one record, for one use: a token must not serve as assertion and as grant.
 *
 * @throws ConfigurationError also where the verifier knows an issuer for another kind of token than the record names
 */
export function toTrust(options: unknown, surroundings: TrustSurroundings): Trust {
  const records = toRecords(options ?? [])
  const byIssuer = new Map<string, ReadRecord>()
  const kinds = readTokenKinds(surroundings.verifier)
  records.forEach((record, index) => {
    const option = `trust[${index}]`
    if (byIssuer.has(record.issuer)) {
      const fix = 'An issuer is trusted for clients or for subjects, never for both.'
      throw invalid({
        option: `${option}.issuer`,
        got: record.issuer,
        wants: 'an issuer that no other record has',
        fix,
      })
    }
    if (record.issuer === surroundings.issuer) {
      const fix = 'Tokens of the service itself need no record.'
      throw invalid({ option: `${option}.issuer`, got: record.issuer, wants: 'another issuer', fix })
    }
    byIssuer.set(record.issuer, record)
    if (record.use === 'subject') checkKind(record, kinds.get(record.issuer), option)
  })
  if (records.length > 0 && surroundings.verifier === undefined && !surroundings.hasOtherVerifiers) {
    throw invalid({ option: 'verifier', got: undefined, wants: 'a verifier, where there is trust', fix: FIX_VERIFIER })
  }
  const subjects = records.filter(({ use }) => use === 'subject').map(toSubjectRecord)
  const subjectsByIssuer = new Map(subjects.map((record) => [record.issuer, record]))
  return Object.freeze({
    subjects: Object.freeze(subjects),
    findSubject: (issuer: string) => subjectsByIssuer.get(issuer),
    isClientIssuer: (issuer: string) => byIssuer.get(issuer)?.use === 'client',
  })
}

const FIX_VERIFIER = 'createVerifier() with this service as the audience, and the issuers that are trusted.'

function toRecords(options: unknown): readonly ReadRecord[] {
  const wants = 'a list of trust records'
  if (!Array.isArray(options)) {
    throw invalid({ option: 'trust', got: options, wants, fix: 'As in [{ use: "subject", issuer: "https://…" }].' })
  }
  return Array.from(options as readonly unknown[], (record, index) => {
    const option = `trust[${index}]`
    const isClient = (record as { readonly use?: unknown } | null | undefined)?.use === 'client'
    const read = isClient ? readTable(CLIENT_TABLE, record, option) : readTable(SUBJECT_TABLE, record, option)
    return { ...EMPTY_RECORD, ...read }
  })
}

const EMPTY_RECORD = {
  tokenTypes: [],
  audiences: [],
  subjectScopes: 'from-token',
  acr: NONE,
  amr: NONE,
} as const

function toSubjectRecord({ issuer, tokenTypes, audiences, subjectScopes, acr, amr }: ReadRecord): SubjectRecord {
  const urns = new Set(tokenTypes.map((name) => `${TOKEN_TYPE_PREFIX}${name}`))
  return Object.freeze({ issuer, tokenTypes: urns, audiences, subjectScopes, acr, amr })
}

/** What kind of token the verifier takes from each issuer that it lists. */
function readTokenKinds(verifier: Verifier<unknown> | undefined): ReadonlyMap<string, unknown> {
  const listed = verifier?.explain()['issuers']
  const entries = (Array.isArray(listed) ? listed : []) as readonly Readonly<Record<string, unknown>>[]
  return new Map(entries.map((entry) => [String(entry['issuer']), entry['tokenProfile']]))
}

/** An ID token says who signed in to one client; under another name it would be taken from any. */
function checkKind({ tokenTypes }: ReadRecord, profile: unknown, option: string): void {
  if (profile === undefined) return
  const isIdToken = profile === 'id-token'
  const wrong = tokenTypes.find((name) => (name === 'id_token') !== isIdToken)
  if (wrong === undefined) return
  const wants = isIdToken ? '"id_token" alone' : '"jwt" or "access_token"'
  const fix = `The verifier takes ${isIdToken ? '' : 'no '}ID tokens from this issuer (tokenProfile).`
  throw invalid({ option: `${option}.tokenTypes`, got: wrong, wants, fix })
}
