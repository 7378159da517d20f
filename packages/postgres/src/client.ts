/** What is used of `Pool` and `Client` of `pg`. */
export interface PgClient {
  query(query: {
    text: string
    values?: unknown[]
    query_timeout?: number
  }): Promise<{ readonly rows: readonly unknown[] }>
}

/** What is used of what `postgres()` gives: the package `postgres`, also called postgres.js. */
export interface PostgresJsClient {
  unsafe(query: string, parameters?: never[]): PromiseLike<readonly unknown[]>
}

/** A client that the application has already. It opens, configures and closes it; these stores only send statements. */
export type PostgresClient = PgClient | PostgresJsClient
