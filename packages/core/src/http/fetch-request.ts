import type { NamedHosts } from './fetch-url.js'

/** One outbound request. */
export interface FetchRequest {
  /** For whom: in events only. */
  readonly issuer: string
  readonly url: string
  /** The hosts that are named for this issuer; any other was learned from a document. */
  readonly named: NamedHosts
  /** The deadline, {@link startDeadline}: it covers look-up, connection, handshake, headers and body. */
  readonly signal: AbortSignal
  /** Default `GET`. */
  readonly method?: 'GET' | 'POST' | undefined
  /** Lower-case names. Sent to this URL alone: no redirect is followed. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
  /** Statuses whose body is wanted. Default: 200 alone. */
  readonly statuses?: readonly number[] | undefined
}

/** What came back, whole. */
export interface FetchResponse {
  readonly status: number
  /** A header by its lower-case name. */
  header(name: string): string | undefined
  /** After decompression, at most `maxBytes` long. */
  readonly body: Uint8Array
}

/** The answer before its body was read. */
export interface FetchAnswer {
  readonly status: number
  readonly redirected: boolean
  /** What the socket is connected to. */
  readonly address: string | undefined
  header(name: string): string | undefined
  read(): Promise<Uint8Array>
  /** Lets go of the connection, body read or not. */
  discard(): void
}

/** Sends one request under every rule of this verifier. */
export type Fetch = (request: FetchRequest) => Promise<FetchResponse>
