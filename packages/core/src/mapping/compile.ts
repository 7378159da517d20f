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
import type { Payload } from '../steps/claim-types.js'
import type { Mapped, Mapper } from './mapped.js'
import { compileSource } from './source.js'
import type { SourceReader } from './source.js'
import { STANDARD_MAPPING } from './standard.js'

const NOTHING: readonly never[] = Object.freeze([])
const NO_ATTRIBUTES: Readonly<Record<string, never>> = Object.freeze({})

/** Compiles a mapping once, so that a token costs look-ups and nothing else. */
export function compileMapping(mapping: MappingOptions | undefined): Mapper {
  if (typeof mapping === 'function') return (payload) => checkMapped(callMapping(mapping, payload))
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

function compileText(target: TextTarget | undefined): (payload: Payload) => string | undefined {
  const readers = toSources(target).map(compileSource)
  return (payload) => findFirst(readers, (reader) => reader.text(payload))
}

function compileList(target: ListTarget | undefined): (payload: Payload) => readonly string[] {
  if (target !== undefined && 'all' in target) {
    const readers = target.all.map(compileSource)
    return (payload) => Object.freeze([...new Set(readers.flatMap((reader) => reader.list(payload) ?? []))])
  }
  const readers = toSources(target).map(compileSource)
  return (payload) => findFirst(readers, (reader) => reader.list(payload)) ?? NOTHING
}

function compileAttributes(
  targets: MappingTargets['attributes'],
): (payload: Payload) => Readonly<Record<string, unknown>> {
  const entries = Object.entries(targets ?? {}).map(
    ([name, target]) => [name, toSources(target).map(compileSource)] as const,
  )
  if (entries.length === 0) return () => NO_ATTRIBUTES
  return (payload) => {
    const found = entries.map(
      ([name, readers]) => [name, findFirst(readers, (reader) => reader.value(payload))] as const,
    )
    return Object.freeze(Object.fromEntries(found.filter(([, value]) => value !== undefined)))
  }
}

function toSources(target: TextTarget | undefined): readonly Source[] {
  if (target === undefined) return []
  return Array.isArray(target) ? (target as readonly Source[]) : [target as Source]
}

function findFirst<T>(readers: readonly SourceReader[], read: (reader: SourceReader) => T | undefined): T | undefined {
  for (const reader of readers) {
    const found = read(reader)
    if (found !== undefined) return found
  }
  return undefined
}

function withoutAbsent(targets: MappingTargets): MappingTargets {
  return Object.fromEntries(Object.entries(targets).filter(([, target]) => target !== undefined))
}

/** The function belongs to the application, but what it is given belongs to an issuer: whatever goes wrong refuses the token. */
function callMapping(mapping: (payload: Payload) => MappedFields, payload: Payload): MappedFields {
  try {
    return mapping(payload)
  } catch (error) {
    throw new AuthenticationError('ERR_TOKEN_MAPPING', { cause: error })
  }
}

function checkMapped(fields: MappedFields | undefined | null): Mapped {
  const { subject, clientId, tenant, scopes, roles, permissions, groups, attributes } = fields ?? {}
  return {
    subject: checkText('subject', subject),
    clientId: checkText('clientId', clientId),
    tenant: checkText('tenant', tenant),
    scopes: checkList('scopes', scopes),
    roles: checkList('roles', roles),
    permissions: checkList('permissions', permissions),
    groups: checkList('groups', groups),
    attributes: Object.freeze({ ...attributes }),
  }
}

function checkText(target: string, value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && value !== '')) return value
  throw new AuthenticationError('ERR_TOKEN_MAPPING', { detail: { target } })
}

function checkList(target: string, value: unknown): readonly string[] {
  if (value === undefined) return NOTHING
  if (isTextList(value)) return Object.freeze([...value])
  throw new AuthenticationError('ERR_TOKEN_MAPPING', { detail: { target } })
}
