import { TokenError } from '../errors.js'
import { readBody } from './body.js'

/** The parameters of a form, each with its values in order, empty ones left out. */
export type Form = ReadonlyMap<string, readonly string[]>

/** Parameters of one request; more are an attack on whoever walks through them. */
const MAX_PARAMETERS = 100

/** The only ones that may stand more than once: RFC 8707 section 2, RFC 8693 section 2.1. */
const REPEATABLE: ReadonlySet<string> = new Set(['resource', 'audience'])

/**
 * Reads the form of a request: `application/x-www-form-urlencoded` in UTF-8, no parameters in the URL, each parameter once.
 *
 * @throws TokenError `ERR_STS_QUERY`, `ERR_STS_CONTENT_TYPE`, `ERR_STS_BODY_*`, `ERR_STS_PARAMETER_REPEATED`
 *
 * Not checked: the method, and what the parameters say.
 * @see RFC 6749 sections 3.2 and 4.4.2, appendix B
 */
export async function readForm(request: Request): Promise<Form> {
  // What stands in a URL stands in logs, and a proxy may judge by it what we read from the body.
  if (new URL(request.url).search !== '') throw new TokenError('ERR_STS_QUERY')
  checkContentType(request.headers)
  return parseForm(await readBody(request))
}

function checkContentType(headers: Headers): void {
  const [type = '', ...parameters] = (headers.get('content-type') ?? '').toLowerCase().split(';')
  const isForm = type.trim() === 'application/x-www-form-urlencoded'
  const isUtf8 = parameters.every((parameter) => /^\s*charset="?utf-8"?\s*$/.test(parameter))
  // A body that somebody has to inflate first is not read at all.
  const isPlain = /^(identity)?$/i.test(headers.get('content-encoding') ?? '')
  if (!isForm || !isUtf8 || !isPlain) throw new TokenError('ERR_STS_CONTENT_TYPE')
}

function parseForm(bytes: Uint8Array): Form {
  const fields = Buffer.from(bytes)
    .toString('latin1')
    .split('&', MAX_PARAMETERS + 1)
  if (fields.length > MAX_PARAMETERS) throw malformed()
  const found = new Map<string, string[]>()
  for (const field of fields) {
    if (field === '') continue
    const end = field.indexOf('=')
    const name = decodeFormText(end === -1 ? field : field.slice(0, end))
    const value = decodeFormText(end === -1 ? '' : field.slice(end + 1))
    if (name === undefined || value === undefined) throw malformed()
    const values = found.get(name)
    if (values === undefined) found.set(name, [value])
    // Of two values, whoever stands in front of us may have judged the other one: an empty one too.
    else if (REPEATABLE.has(name)) values.push(value)
    else throw new TokenError('ERR_STS_PARAMETER_REPEATED')
  }
  const given = [...found].map(([name, values]) => [name, values.filter((value) => value !== '')] as const)
  return new Map(given.filter(([, values]) => values.length > 0))
}

/**
 * Decodes what a form has encoded; `undefined` for what nobody encodes so: an escape that is none, bytes that are no UTF-8,
 * white space and whatever else is no printable ASCII.
 *
 * @see RFC 6749 appendix B
 */
export function decodeFormText(text: string): string | undefined {
  if (!/^[\x21-\x7E]*$/.test(text)) return undefined
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

function malformed(): TokenError {
  return new TokenError('ERR_STS_BODY_MALFORMED')
}
