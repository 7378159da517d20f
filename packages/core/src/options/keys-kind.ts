import type { KeysLocation } from '../keys/key-source.js'
import { invalid } from './fail.js'
import { list, optional, readTable, required, text } from './kinds.js'
import type { Kind } from './kinds.js'

const member: Kind<object> = {
  wants: 'a JSON Web Key',
  read(value, option) {
    // A copy: what becomes of the application's own object later is no answer to whom is trusted.
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
    throw invalid({
      option,
      got: value,
      wants: this.wants,
      fix: 'Copy the keys as the issuer publishes them.',
      secret: true,
    })
  },
}

const keyList = list(member, 'a list of JSON Web Keys')

const jwks: Kind<{ readonly keys: readonly object[] }> = {
  wants: 'a JSON Web Key Set: { keys: [ … ] }',
  read(value, option) {
    const keys = (value as { readonly keys?: unknown } | null)?.keys
    if (!Array.isArray(keys)) {
      const fix = 'Give the whole set, parsed: not one key, and not its text.'
      throw invalid({ option, got: value, wants: this.wants, fix, secret: true })
    }
    return { keys: keyList.read(keys, `${option}.keys`) }
  },
}

/** Values are never shown: they are credentials. */
const headers: Kind<Readonly<Record<string, string>>> = {
  wants: 'an object of header fields',
  read(value, option) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    const fields = isObject ? Object.entries(value) : undefined
    const wrong = fields?.find(([name, field]) => !/^[\w-]+$/.test(name) || !isFieldValue(field))
    if (fields !== undefined && wrong === undefined)
      return Object.freeze(Object.fromEntries(fields) as Record<string, string>)
    const fix = 'Names are tokens, values strings of printable ASCII.'
    const got: unknown = wrong === undefined ? value : wrong[1]
    throw invalid({ option: wrong ? `${option}.${wrong[0]}` : option, got, wants: this.wants, fix, secret: true })
  },
}

function isFieldValue(value: unknown): value is string {
  return typeof value === 'string' && /^[\x20-\x7E]*$/.test(value)
}

/** Where keys come from: exactly one of the three forms. */
export const keys: Kind<KeysLocation> = {
  wants: '{ jwks }, { jwksUri, headers? } or { discoveryUrl }',
  read(value, option) {
    const given = toDefined(value)
    if (given?.['jwks'] !== undefined) {
      return { kind: 'jwks', option: `${option}.jwks`, ...readTable({ jwks: required(jwks) }, given, option) }
    }
    if (given?.['jwksUri'] !== undefined) {
      const rows = { jwksUri: required(text('an https URL')), headers: optional(headers) }
      const read = readTable<{ jwksUri: string; headers: Readonly<Record<string, string>> | undefined }>(
        rows,
        given,
        option,
      )
      return { kind: 'jwks-uri', url: read.jwksUri, headers: read.headers }
    }
    if (given?.['discoveryUrl'] !== undefined) {
      const read = readTable<{ discoveryUrl: string }>({ discoveryUrl: required(text('an https URL')) }, given, option)
      return { kind: 'discovery', url: read.discoveryUrl }
    }
    throw invalid({
      option,
      got: value,
      wants: this.wants,
      fix: 'Leave "keys" out to discover them from the issuer.',
      secret: true,
    })
  },
}

/** Without the members that are `undefined`: of three forms, those that are not meant are often given so. */
function toDefined(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined))
}
