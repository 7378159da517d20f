/** Which of the issuer's documents a request asks for. */
export type Endpoint = 'discovery' | 'jwks' | 'other'

/** A request as both endpoints see it, the one in memory and the one that listens. */
export interface IssuerRequest {
  readonly method: string
  /** Absolute, as the client asked for it. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * A body that is made while it is sent.
 *
 * Returning ends it properly; throwing cuts the connection. `signal` tells that nobody reads any more.
 */
export type StreamedBody = (signal: AbortSignal) => AsyncIterable<Uint8Array>

/** An answer of HTTP. */
export interface IssuerResponse {
  readonly kind: 'response'
  readonly status: number
  /** Names in lower case; `content-length` is sent as it stands, true or not. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | StreamedBody
  /** How long nothing at all is sent, in milliseconds. */
  readonly delayMs?: number | undefined
}

/** An answer whose body is at hand. */
export interface DocumentResponse extends IssuerResponse {
  readonly body: Uint8Array
}

/** No answer of HTTP: nothing listens, the connection is reset, or silence. */
export interface IssuerFault {
  readonly kind: 'refused' | 'reset' | 'silence'
}

/** What an issuer does with a request. */
export type IssuerAnswer = IssuerResponse | IssuerFault
