import type { Logger } from '@countersign/core'
import { invalid, logger, number, optional, readTable, silentLogger, text } from '@countersign/core/adapter'
import type { Kind, OptionTable } from '@countersign/core/adapter'
import type { MigrateOptions, PostgresAuditOptions, PostgresKeysOptions, PostgresStoreOptions } from './options.js'

/** Options that every store has, as read. */
export interface ReadStoreOptions {
  readonly schema: string | undefined
  readonly deadlineMs: number
  readonly logger: Logger
}

/** Options of a store of signing keys as read. */
export interface ReadKeysOptions extends ReadStoreOptions {
  readonly name: string
}

/** Options of an audit sink as read. */
export interface ReadAuditOptions {
  readonly schema: string | undefined
  readonly name: string
}

const schema: Kind<string> = {
  wants: 'the name of a schema: lower case letters, digits and _',
  read(value, option) {
    // It becomes part of the text of a statement.
    if (typeof value === 'string' && /^[a-z_][a-z0-9_]{0,62}$/.test(value)) return value
    throw invalid({ option, got: value, wants: this.wants, fix: 'Such as "countersign".' })
  },
}

const deadline = number('milliseconds', 1, 1_000)

const STORE_TABLE: OptionTable<ReadStoreOptions> = {
  schema: optional(schema),
  deadlineMs: optional(deadline, 250),
  logger: optional(logger, silentLogger),
}

const KEYS_TABLE: OptionTable<ReadKeysOptions> = {
  ...STORE_TABLE,
  deadlineMs: optional(deadline, 500),
  name: optional(text('the name of the keys', 128), 'signing-keys'),
}

const AUDIT_TABLE: OptionTable<ReadAuditOptions> = {
  schema: optional(schema),
  name: optional(text('a name', 64), 'postgres'),
}

const MIGRATE_TABLE: OptionTable<{ readonly schema: string | undefined }> = { schema: optional(schema) }

/** @throws ConfigurationError naming the option */
export function readStoreOptions(options: PostgresStoreOptions): ReadStoreOptions {
  return readTable(STORE_TABLE, options, '')
}

/** @throws ConfigurationError naming the option */
export function readKeysOptions(options: PostgresKeysOptions): ReadKeysOptions {
  return readTable(KEYS_TABLE, options, '')
}

/** @throws ConfigurationError naming the option */
export function readAuditOptions(options: PostgresAuditOptions): ReadAuditOptions {
  return readTable(AUDIT_TABLE, options, '')
}

/** @throws ConfigurationError naming the option */
export function readMigrateOptions(options: MigrateOptions): { readonly schema: string | undefined } {
  return readTable(MIGRATE_TABLE, options, '')
}
