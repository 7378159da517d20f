import { toClaimPath, toListAdvice } from '../claim-path.js'
import { RESERVED } from '../mapping/reserved.js'
import { invalid } from './fail.js'
import { list, listOrNone, oneOf, optional, readTable, required, text, toRows } from './kinds.js'
import type { Kind, OptionTable } from './kinds.js'
import type {
  ClaimSource,
  ConstantSource,
  GrantsOptions,
  MappingOptions,
  MappingTargets,
  Source,
} from './mapping-options.js'

const path: Kind<ClaimSource['claim']> = {
  wants: 'a list of member names from the outside in, or a JSON Pointer',
  read(value, option) {
    try {
      return toClaimPath(option, value)
    } catch {
      const fix = typeof value === 'string' ? `Write ${toListAdvice(value)}.` : 'As in ["realm_access", "roles"].'
      throw invalid({ option, got: value, wants: this.wants, fix })
    }
  },
}

const translation: Kind<Readonly<Record<string, string | readonly string[]>>> = {
  wants: 'an object from values to strings or lists of strings',
  read(value, option) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalid({ option, got: value, wants: this.wants, fix: 'As in { "acme-admin": "admin" }.' })
    }
    const names = namesOrText('a string or a list of strings')
    return Object.freeze(
      Object.fromEntries(Object.entries(value).map(([from, to]) => [from, names.read(to, `${option}.${from}`)])),
    )
  },
}

const CLAIM_SOURCE: OptionTable<ClaimSource> = {
  claim: required(path),
  separator: optional(text('the text between two values', 16)),
  take: optional(oneOf(['value', 'names'])),
  table: optional(translation),
  prefix: optional(text('the text to put before each value', 128)),
}

const CONSTANT_SOURCE: OptionTable<ConstantSource> = {
  constant: required(namesOrText('a string or a list of strings')),
}

const source: Kind<Source> = {
  wants: '{ claim, separator?, take?, table?, prefix? } or { constant }',
  rows: toRows(CLAIM_SOURCE),
  read(value, option) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalid({ option, got: value, wants: this.wants, fix: 'As in { claim: ["realm_access", "roles"] }.' })
    }
    const constant = 'constant' in value
    return constant ? readTable(CONSTANT_SOURCE, value, option) : readTable(CLAIM_SOURCE, value, option)
  },
}

const sources = list(source, 'a list of sources')

const textTarget: Kind<Source | readonly Source[]> = {
  wants: 'a source, or a list of sources of which the first present wins',
  read: (value, option) => (Array.isArray(value) ? sources.read(value, option) : source.read(value, option)),
}

const listTarget: Kind<Source | readonly Source[] | { readonly all: readonly Source[] }> = {
  wants: 'a source, a list of sources of which the first present wins, or { all: [ … ] }',
  read(value, option) {
    const all = typeof value === 'object' && value !== null && 'all' in value
    return all ? readTable({ all: required(sources) }, value, option) : textTarget.read(value, option)
  },
}

const attributes: Kind<Readonly<Record<string, Source | readonly Source[]>>> = {
  wants: 'an object from names to sources',
  read(value, option) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalid({ option, got: value, wants: this.wants, fix: 'As in { department: { claim: ["dept"] } }.' })
    }
    for (const name of Object.keys(value)) {
      if (RESERVED.has(name))
        throw invalid({ option: `${option}.${name}`, got: name, wants: 'another name', fix: 'This one is reserved.' })
    }
    return Object.freeze(
      Object.fromEntries(
        Object.entries(value).map(([name, target]) => [name, textTarget.read(target, `${option}.${name}`)]),
      ),
    )
  },
}

const MAPPING_TABLE: OptionTable<MappingTargets> = {
  subject: optional(textTarget),
  clientId: optional(textTarget),
  scopes: optional(listTarget),
  roles: optional(listTarget),
  permissions: optional(listTarget),
  groups: optional(listTarget),
  tenant: optional(textTarget),
  attributes: optional(attributes),
}

/** A mapping as data or as a function. */
export const mapping: Kind<MappingOptions> = {
  wants: 'an object of targets, or a function of the payload',
  rows: toRows(MAPPING_TABLE),
  read(value, option) {
    if (typeof value === 'function') return value as MappingOptions
    return readTable(MAPPING_TABLE, value, option, { wants: this.wants })
  },
}

/** An empty one allows nothing. */
const names = listOrNone(text('a name'), 'a list of names, empty to allow none')

/** The rows of `grants`. */
export const GRANTS_TABLE: OptionTable<GrantsOptions> = {
  scopes: optional(names),
  roles: optional(names),
  permissions: optional(names),
  groups: optional(names),
  tenants: optional(names),
}

function namesOrText(wants: string): Kind<string | readonly string[]> {
  return {
    wants,
    read: (value, option) =>
      Array.isArray(value) ? list(text(wants), wants).read(value, option) : text(wants).read(value, option),
  }
}
