import { toClaimPath } from '../claim-path.js'
import type { ListTarget, MappingTargets, Source } from '../options/mapping-options.js'
import type { IssuerRules } from '../rules.js'
import type { Payload } from '../steps/claim-types.js'
import { withoutAbsent } from './compile.js'
import { compileSource } from './source.js'
import type { SourceReader } from './source.js'
import { STANDARD_MAPPING } from './standard.js'

/** Where each field of a principal came from: a JSON Pointer into the payload, `configuration`, or `mapping function`. */
export type Provenance = Readonly<Record<string, string | readonly string[]>>

type MappedIssuer = Pick<IssuerRules, 'mapping' | 'listed' | 'tenant'>

/** Says which source of an issuer's mapping gave each field, for one payload. Fields that nothing gave are left out. For people: nothing decides by it. */
export function findProvenance({ mapping, listed, tenant }: MappedIssuer, payload: Payload): Provenance {
  // What an unlisted issuer matched by its name is never read from a claim.
  const matched = listed || tenant === undefined ? {} : { tenant: '/iss' }
  if (typeof mapping === 'function') return { '*': 'mapping function', ...matched }
  const { attributes, ...targets }: MappingTargets = { ...STANDARD_MAPPING, ...withoutAbsent(mapping ?? {}) }
  const found = [
    ...Object.entries(targets).map(([field, target]) => [field, toOrigin(field, target, payload)] as const),
    ...Object.entries(attributes ?? {}).map(
      ([name, target]) => [`attributes.${name}`, toOrigin('attributes', target, payload)] as const,
    ),
  ]
  return {
    ...matched,
    ...Object.fromEntries(
      found.filter((entry): entry is [string, string | readonly string[]] => entry[1] !== undefined),
    ),
  }
}

/** Which reading of a source a field takes: what is an answer to a list is none to a text. */
const READINGS: Readonly<Record<string, keyof SourceReader>> = {
  subject: 'text',
  clientId: 'text',
  tenant: 'text',
  attributes: 'value',
}

function toOrigin(
  field: string,
  target: ListTarget | undefined,
  payload: Payload,
): string | readonly string[] | undefined {
  if (target === undefined) return undefined
  const reading = READINGS[field] ?? 'list'
  const gives = (source: Source): boolean => compileSource(source)[reading](payload) !== undefined
  if ('all' in target) {
    const origins = target.all.filter(gives).map(toLabel)
    return origins.length === 0 ? undefined : origins
  }
  const source = [target].flat().find(gives)
  return source === undefined ? undefined : toLabel(source)
}

function toLabel(source: Source): string {
  if ('constant' in source) return 'configuration'
  const steps = toClaimPath('claim', source.claim).map((step) => step.replaceAll('~', '~0').replaceAll('/', '~1'))
  return `/${steps.join('/')}`
}
