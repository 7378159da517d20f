import type { KeysLocation } from '../keys/key-source.js'
import { invalid } from './fail.js'
import { list, optional, readTable, required, text } from './kinds.js'
import type { Kind } from './kinds.js'

const member: Kind<object> = {
  wants: 'a JSON Web Key',
  read(value, option) {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
    throw invalid({ option, got: value, wants: this.wants, fix: 'Copy the keys as the issuer publishes them.' })
  },
}

const keyList = list(member, 'a list of JSON Web Keys')

const jwks: Kind<{ readonly keys: readonly object[] }> = {
  wants: 'a JSON Web Key Set: { keys: [ … ] }',
  read(value, option) {
    const keys = (value as { readonly keys?: unknown } | null)?.keys
    if (keys === undefined) throw invalid({ option, got: value, wants: this.wants, fix: 'Give the whole set, not one key.' })
    return { keys: keyList.read(keys, `${option}.keys`) }
  },
}

/** Values are never shown: they are credentials. */
const headers: Kind<Readonly<Record<string, string>>> = {
  wants: 'an object of header fields',
  read(value, option) {
    const fields = typeof value === 'object' && value !== null ? Object.entries(value) : undefined
    const wrong = fields?.find(([name, field]) => !/^[\w-]+$/.test(name) || !isFieldValue(field))
    if (fields !== undefined && wrong === undefined) return Object.freeze(Object.fromEntries(fields) as Record<string, string>)
    const fix = 'Names are tokens, values strings of printable ASCII.'
    throw invalid({ option: wrong ? `${option}.${wrong[0]}` : option, got: fields ?? value, wants: this.wants, fix })
  },
}

function isFieldValue(value: unknown): value is string {
  return typeof value === 'string' && /^[\x20-\x7E]*$/.test(value)
}

/** Where keys come from: exactly one of the three forms. */
export const keys: Kind<KeysLocation> = {
  wants: '{ jwks }, { jwksUri, headers? } or { discoveryUrl }',
  read(value, option) {
    const given = value as Readonly<Record<string, unknown>> | null
    if (given?.['jwks'] !== undefined) {
      return { kind: 'jwks', ...readTable({ jwks: required(jwks) }, value, option) }
    }
    if (given?.['jwksUri'] !== undefined) {
      const rows = { jwksUri: required(text('an https URL')), headers: optional(headers) }
      const read = readTable<{ jwksUri: string; headers: Readonly<Record<string, string>> | undefined }>(rows, value, option)
      return { kind: 'jwks-uri', url: read.jwksUri, headers: read.headers }
    }
    if (given?.['discoveryUrl'] !== undefined) {
      const read = readTable<{ discoveryUrl: string }>({ discoveryUrl: required(text('an https URL')) }, value, option)
      return { kind: 'discovery', url: read.discoveryUrl }
    }
    throw invalid({ option, got: value, wants: this.wants, fix: 'Leave "keys" out to discover them from the issuer.' })
  },
}
