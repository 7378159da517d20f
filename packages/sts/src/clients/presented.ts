import { decodeFormText } from '../http/form.js'
import type { Form } from '../http/form.js'
import { TokenError } from '../errors.js'

/** What a request presents to say which client it is from. Nothing of it is proven. */
export type Presented =
  | { readonly kind: 'basic' | 'post'; readonly clientId: string; readonly secret: string }
  | { readonly kind: 'assertion'; readonly assertion: string; readonly clientId: string | undefined }
  /** The certificate of the connection has to do. */
  | { readonly kind: 'certificate'; readonly clientId: string }

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/**
 * Reads how a request says which client it is from: in one way, and no more.
 *
 * @throws TokenError `ERR_STS_CLIENT_SEVERAL` (RFC 6749 section 2.3), `ERR_STS_PARAMETER_MISSING`, `ERR_STS_CLIENT_MISSING`,
 *   `ERR_STS_CLIENT_METHOD` for a scheme or a type of assertion that is none of ours
 * @see RFC 6749 section 2.3.1, RFC 7521 section 4.2, RFC 8705 section 2
 */
export function readPresented(headers: Headers, form: Form): Presented {
  const authorization = headers.get('authorization')
  const clientId = form.get('client_id')?.[0]
  const secret = form.get('client_secret')?.[0]
  const assertion = form.get('client_assertion')?.[0]
  const type = form.get('client_assertion_type')?.[0]
  const ways = [authorization ?? undefined, secret, assertion ?? type].filter((way) => way !== undefined)
  // Whoever stands in front of us may have looked at the other one.
  if (ways.length > 1) throw new TokenError('ERR_STS_CLIENT_SEVERAL')
  if (authorization !== null) return readBasic(authorization, clientId)
  if (assertion !== undefined || type !== undefined) {
    if (assertion === undefined) throw missing('client_assertion')
    if (type === undefined) throw missing('client_assertion_type')
    if (type !== ASSERTION_TYPE) throw new TokenError('ERR_STS_CLIENT_METHOD', { detail: { wants: ASSERTION_TYPE } })
    return { kind: 'assertion', assertion, clientId }
  }
  if (clientId === undefined)
    throw secret === undefined ? new TokenError('ERR_STS_CLIENT_MISSING') : missing('client_id')
  return secret === undefined ? { kind: 'certificate', clientId } : { kind: 'post', clientId, secret }
}

/** Several fields of one name arrive as one, joined by commas. */
function readBasic(field: string, claimed: string | undefined): Presented {
  if (field.includes(',')) throw new TokenError('ERR_STS_CLIENT_SEVERAL')
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(field)?.[1]
  if (encoded === undefined) throw new TokenError('ERR_STS_CLIENT_METHOD', { detail: { wants: 'Basic' } })
  const text = Buffer.from(encoded, 'base64').toString('latin1')
  const colon = text.indexOf(':')
  const clientId = decodeFormText(text.slice(0, Math.max(colon, 0)))
  const secret = decodeFormText(text.slice(colon + 1))
  if (clientId === undefined || secret === undefined || clientId === '')
    throw new TokenError('ERR_STS_CLIENT_SECRET', { detail: { why: 'encoding' } })
  if (claimed !== undefined && claimed !== clientId)
    throw new TokenError('ERR_STS_CLIENT_SECRET', { detail: { why: 'client_id' } })
  return { kind: 'basic', clientId, secret }
}

function missing(parameter: string): TokenError {
  return new TokenError('ERR_STS_PARAMETER_MISSING', { detail: { parameter } })
}
