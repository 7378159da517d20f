import { hash } from 'node:crypto'

/** A document for everybody, as it is sent. */
export interface Document {
  readonly body: string
  readonly contentType: string
  readonly cacheControl: string
}

/**
 * Answers a GET or HEAD for a public document: with a strong ETag, 304 where the client has it, and for browsers everywhere.
 *
 * @see RFC 9110 sections 8.8.3 and 13.1.2
 */
export function toDocumentAnswer(request: Request, { body, contentType, cacheControl }: Document): Response {
  const etag = `"${hash('sha256', body, 'base64url')}"`
  const headers = {
    'Content-Type': contentType,
    'Cache-Control': cacheControl,
    ETag: etag,
    'Access-Control-Allow-Origin': '*',
  }
  if (isKnown(request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers })
  return new Response(request.method === 'HEAD' ? null : body, { headers })
}

/** Compared weakly, as RFC 9110 section 13.1.2 has it: a proxy may have made a weak one of ours. */
function isKnown(field: string | null, etag: string): boolean {
  if (field === null) return false
  return field.trim() === '*' || field.split(',').some((known) => known.trim().replace(/^W\//, '') === etag)
}

/** The answer to a browser that asks whether it may read a public document. */
export function toPreflightAnswer(): Response {
  const headers = {
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Methods': 'GET, HEAD',
    'Access-Control-Allow-Headers': '*',
    'Access-Control-Max-Age': '86400',
  }
  return new Response(null, { status: 204, headers })
}
