/** Somebody who acts for the subject, RFC 8693 section 4.1. */
export interface Actor {
  /** Absent: the issuer of the enclosing token. */
  readonly issuer: string | undefined
  readonly subject: string | undefined
  readonly clientId: string | undefined
}
