import type {
  ListTarget,
  MappedFields,
  MappingOptions,
  MappingTargets,
  Source,
  TextTarget,
} from '../options/mapping-options.js'
import { AuthenticationError } from '../errors.js'
import { isTextList } from '../steps/claim-types.js'
import { isPending } from '../maybe.js'
import type { Payload } from '../steps/claim-types.js'
import type { Mapped, Mapper } from './mapped.js'
import { compileSource } from './source.js'
import type { SourceReader } from './source.js'
import { STANDARD_MAPPING } from './standard.js'

const NOTHING: readonly never[] = Object.freeze([])
const NO_ATTRIBUTES: Readonly<Record<string, never>> = Object.freeze({})

/** Compiles a mapping once, so that a token costs look-ups and nothing else. */
export function compileMapping(mapping: MappingOptions | undefined): Mapper {
  if (typeof mapping === 'function') return (payload) => callMapping(mapping, payload)
  const targets: MappingTargets = { ...STANDARD_MAPPING, ...withoutAbsent(mapping ?? {}) }
  const subject = compileText(targets.subject)
  const clientId = compileText(targets.clientId)
  const tenant = compileText(targets.tenant)
  const scopes = compileList(targets.scopes)
  const roles = compileList(targets.roles)
  const permissions = compileList(targets.permissions)
  const groups = compileList(targets.groups)
  const attributes = compileAttributes(targets.attributes)
  return (payload) => ({
    subject: subject(payload),
    clientId: clientId(payload),
    tenant: tenant(payload),
    scopes: scopes(payload),
    roles: roles(payload),
    permissions: permissions(payload),
    groups: groups(payload),
    attributes: attributes(payload),
  })
}

type Read<T> = (payload: Payload) => T | undefined

function compileText(target: TextTarget | undefined): Read<string> {
  return compileFirst(target, ({ text }) => text)
}

function compileList(target: ListTarget | undefined): (payload: Payload) => readonly string[] {
  if (target !== undefined && 'all' in target) {
    const reads = target.all.map((source) => compileSource(source).list)
    return (payload) => Object.freeze([...new Set(reads.flatMap((read) => read(payload) ?? []))])
  }
  const read = compileFirst(target, ({ list }) => list)
  return (payload) => read(payload) ?? NOTHING
}

function compileAttributes(
  targets: MappingTargets['attributes'],
): (payload: Payload) => Readonly<Record<string, unknown>> {
  const reads = Object.entries(targets ?? {}).map(
    ([name, target]) => [name, compileFirst(target, ({ value }) => value)] as const,
  )
  if (reads.length === 0) return () => NO_ATTRIBUTES
  return (payload) => {
    const found = reads.map(([name, read]) => [name, read(payload)] as const)
    return Object.freeze(Object.fromEntries(found.filter(([, value]) => value !== undefined)))
  }
}

/** The first source that is present wins. */
function compileFirst<T>(target: TextTarget | undefined, pick: (reader: SourceReader) => Read<T>): Read<T> {
  const reads = toSources(target).map((source) => pick(compileSource(source)))
  const [only, another] = reads
  if (only !== undefined && another === undefined) return only
  return (payload) => {
    for (const read of reads) {
      const found = read(payload)
      if (found !== undefined) return found
    }
    return undefined
  }
}

function toSources(target: TextTarget | undefined): readonly Source[] {
  if (target === undefined) return []
  return Array.isArray(target) ? (target as readonly Source[]) : [target as Source]
}

/** `undefined` counts as left out. */
export function withoutAbsent(targets: MappingTargets): MappingTargets {
  return Object.fromEntries(Object.entries(targets).filter(([, target]) => target !== undefined))
}

/** The function belongs to the application, but what it is given belongs to an issuer: whatever goes wrong refuses the token. */
function callMapping(mapping: (payload: Payload) => MappedFields, payload: Payload): Mapped {
  let fields: MappedFields | undefined
  try {
    fields = readFields(mapping(payload))
  } catch (error) {
    throw new AuthenticationError('ERR_TOKEN_MAPPING', { cause: error, traced: true })
  }
  if (fields === undefined) throw unmapped('the result')
  return checkMapped(fields)
}

/** Each member read once: a getter may throw too. `undefined` where the result has no members. */
function readFields(result: MappedFields): MappedFields | undefined {
  if (isPending<unknown>(result)) {
    // Nobody awaits it, and a rejection that nobody takes ends the process.
    result.then(undefined, () => {})
    return undefined
  }
  if (!isObject(result)) return undefined
  const { subject, clientId, tenant, scopes, roles, permissions, groups, attributes } = result
  const copy = isObject(attributes) ? Object.freeze({ ...attributes }) : attributes
  return { subject, clientId, tenant, scopes, roles, permissions, groups, attributes: copy }
}

function checkMapped({ attributes = NO_ATTRIBUTES, ...fields }: MappedFields): Mapped {
  if (!isObject(attributes)) throw unmapped('attributes')
  return {
    subject: checkText('subject', fields.subject),
    clientId: checkText('clientId', fields.clientId),
    tenant: checkText('tenant', fields.tenant),
    scopes: checkList('scopes', fields.scopes),
    roles: checkList('roles', fields.roles),
    permissions: checkList('permissions', fields.permissions),
    groups: checkList('groups', fields.groups),
    attributes,
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function checkText(target: string, value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && value !== '')) return value
  throw unmapped(target)
}

function checkList(target: string, value: unknown): readonly string[] {
  if (value === undefined) return NOTHING
  if (isTextList(value)) return Object.freeze([...value])
  throw unmapped(target)
}

function unmapped(target: string): AuthenticationError {
  return new AuthenticationError('ERR_TOKEN_MAPPING', { detail: { target } })
}
