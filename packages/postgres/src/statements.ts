/** A table by its name, in its schema. Both come from our own tables of options and names. */
export function toTable(schema: string | undefined, name: string): string {
  return schema === undefined ? name : `"${schema}".${name}`
}

/**
 * Begins a statement: whoever turned `synchronous_commit` off has statements forgotten by a crash that were answered. Ours are
 * not; a standby that confirms is waited for where the operator has set one. Ends with the statement.
 */
export const DURABLE = `durable AS MATERIALIZED (
  SELECT CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'local', true) END
)`

/**
 * Which memory this is: the cluster, and its timeline, which changes when a standby is promoted and when a backup is recovered to a
 * point in time. A dump that is put back into the same cluster keeps both, and so do a snapshot of the volume and a base backup that is
 * started without `recovery.signal`: of these nothing here knows.
 */
export const IDENTITY = `(SELECT system_identifier FROM pg_control_system()) || ':' || left(pg_walfile_name(pg_current_wal_lsn()), 8)`
