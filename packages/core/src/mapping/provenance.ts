import { toClaimPath } from '../claim-path.js'
import type { ListTarget, MappingOptions, MappingTargets, Source } from '../options/mapping-options.js'
import type { Payload } from '../steps/claim-types.js'
import { compileSource } from './source.js'
import { STANDARD_MAPPING } from './standard.js'

/** Where each field of a principal came from: a JSON Pointer into the payload, `configuration`, or `mapping function`. */
export type Provenance = Readonly<Record<string, string | readonly string[]>>

/** Says which source of a mapping gave each field, for one payload. Fields that nothing gave are left out. For people: nothing decides by it. */
export function findProvenance(mapping: MappingOptions | undefined, payload: Payload): Provenance {
  if (typeof mapping === 'function') return { '*': 'mapping function' }
  const { attributes, ...targets }: MappingTargets = { ...STANDARD_MAPPING, ...mapping }
  const found = [
    ...Object.entries({ ...STANDARD_MAPPING, ...targets }),
    ...Object.entries(attributes ?? {}).map(([name, target]) => [`attributes.${name}`, target] as const),
  ].map(([field, target]) => [field, toOrigin(target as ListTarget | undefined, payload)] as const)
  return Object.fromEntries(
    found.filter((entry): entry is [string, string | readonly string[]] => entry[1] !== undefined),
  )
}

function toOrigin(target: ListTarget | undefined, payload: Payload): string | readonly string[] | undefined {
  if (target === undefined) return undefined
  if ('all' in target) {
    const origins = target.all.filter((source) => gives(source, payload)).map(toLabel)
    return origins.length === 0 ? undefined : origins
  }
  const source = [target].flat().find((candidate) => gives(candidate, payload))
  return source === undefined ? undefined : toLabel(source)
}

function gives(source: Source, payload: Payload): boolean {
  return compileSource(source).value(payload) !== undefined
}

function toLabel(source: Source): string {
  if ('constant' in source) return 'configuration'
  const steps = toClaimPath('claim', source.claim).map((step) => step.replaceAll('~', '~0').replaceAll('/', '~1'))
  return `/${steps.join('/')}`
}
