import type { Logger } from '@countersign/core'

/** What every store of this package can be told. */
export interface PostgresStoreOptions {
  /** Where the tables are. Lower case letters, digits and `_`. Default: wherever the connection's `search_path` finds them. */
  readonly schema?: string | undefined
  /** How long anybody waits for PostgreSQL, in milliseconds, up to 1,000. Default 250; of signing keys 500. */
  readonly deadlineMs?: number | undefined
  /** Hears what an operator should know. Default: nobody does. */
  readonly logger?: Logger | undefined
}

/** Options of a store of signing keys. */
export interface PostgresKeysOptions extends PostgresStoreOptions {
  /** Tells services that share a table apart, at most 128 characters. Default `signing-keys`. */
  readonly name?: string | undefined
}

/** Options of an audit sink. */
export interface PostgresAuditOptions {
  /** Where the table is. Default: wherever the connection's `search_path` finds it. */
  readonly schema?: string | undefined
  /** Stands in events that tell of it. Default `postgres`. */
  readonly name?: string | undefined
}

/** Options of `migrate`. */
export interface MigrateOptions {
  /** Where the tables are made; the schema too, where there is none. Default: the first of the connection's `search_path`. */
  readonly schema?: string | undefined
}
